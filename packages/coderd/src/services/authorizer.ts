import {
  type AuthorizerService,
  IsAuthorizedResponseSchema,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { gatewayKeyHashKey } from "../auth/caller.ts";
import { apiKeyIdOf, credentialFromRequest } from "../auth/credential.ts";
import { decide } from "../auth/decide.ts";
import { acceptGatewayKey } from "../auth/gateway-caller.ts";
import { refusalError } from "../auth/refusals.ts";
import type { ServiceContext } from "./context.ts";
import { timestampOf } from "./timestamps.ts";
import { watchInvalidations } from "./watch-invalidations.ts";

/**
 * Answers gateways. It costs one statement: the gateway's own key is read in it
 * too, instead of remembered, so that a revoked one is refused at once.
 */
export function authorizerService(context: ServiceContext): ServiceImpl<typeof AuthorizerService> {
  return {
    async isAuthorized(request, { values }) {
      const credential = credentialFromRequest(request);
      const { gatewayKey, apiKey, owner, revision } = await context.store.authorizations.read({
        gatewayKeyHash: values.get(gatewayKeyHashKey),
        apiKeyId: apiKeyIdOf(credential),
      });
      const { id, canDelegate } = await acceptGatewayKey(gatewayKey, values, context);
      if (credential.kind === "key_id" && !canDelegate) {
        throw refusalError("gateway_key_cannot_delegate");
      }
      const decision = decide({ credential, apiKey, owner, now: context.now() });
      if (!decision.accepted) throw refusalError(decision.reason);
      return create(IsAuthorizedResponseSchema, {
        ownerId: decision.owner.id,
        apiKeyId: decision.apiKey.id,
        username: decision.owner.username,
        expireTime: timestampOf(decision.apiKey.expireTime),
        revision,
        gatewayKeyId: id,
      });
    },
    watchInvalidations: (request, call) => watchInvalidations(request, call, context),
  };
}
