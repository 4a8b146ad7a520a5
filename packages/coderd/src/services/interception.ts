import type { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import type { ServiceImpl } from "@connectrpc/connect";
import { userCaller } from "../auth/caller.ts";
import type { ServiceContext } from "./context.ts";
import { idTokens } from "./paging.ts";
import { filterFrom, requireReadable } from "./record-filter.ts";
import { detailMessage, interceptionMessage } from "./record-messages.ts";
import { requireUuid } from "./validate.ts";

const pages = idTokens("interceptions");

/** Reads the record, request by request. Members see their own only. */
export function interceptionService({
  store,
}: ServiceContext): ServiceImpl<typeof InterceptionService> {
  return {
    async listInterceptions({ filter, ...fields }, { values }) {
      const selected = filterFrom(filter, userCaller(values));
      const page = await store.record.listInterceptions({ ...pages.parse(fields), ...selected });
      return {
        interceptions: page.items.map(interceptionMessage),
        nextPageToken: pages.nextOf(page),
      };
    },
    async getInterception({ id }, { values }) {
      const found = await store.record.getInterception(requireUuid("id", id));
      const owner = found?.interception.initiatorId;
      const detail = requireReadable(found, owner, userCaller(values), "interception");
      return { interception: detailMessage(detail) };
    },
  };
}
