"""Asks coderd whether a key of a user may be used, and whose it is, as a gateway does.

AIBRIDGE_API_KEY=<id>-<secret> is_authorized.py  asks about a full key
is_authorized.py --key-id <id>                   asks about a key by its id

The exit code is 0 if the key is accepted, 1 if it is refused, and 2 if there
was no answer.
"""

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import grpc
from grpc_status import rpc_status

# What protoc generates imports itself as `coder.aibridge.v1`.
sys.path.insert(0, str(Path(__file__).parent / "gen"))

from coder.aibridge.v1 import authorizer_pb2, authorizer_pb2_grpc  # noqa: E402

ANSWER_WITHIN_SECONDS = 5


def main() -> int:
    arguments = argparse.ArgumentParser(description="Asks coderd about a key.")
    arguments.add_argument(
        "--key-id", help="ask by the id of a key; else by AIBRIDGE_API_KEY, a full key"
    )
    key_id = arguments.parse_args().key_id
    gateway_key = os.environ.get("AIBRIDGE_GATEWAY_KEY", "")
    if not gateway_key:
        return no_answer("AIBRIDGE_GATEWAY_KEY must be set")
    with connect(os.environ.get("AIBRIDGE_URL", "")) as channel:
        authorizer = authorizer_pb2_grpc.AuthorizerServiceStub(channel)
        try:
            answer = authorizer.IsAuthorized(
                request(key_id),
                timeout=ANSWER_WITHIN_SECONDS,
                metadata=[("authorization", f"Bearer {gateway_key}")],
            )
        except grpc.RpcError as error:
            return refused(error)
    print(f"owner: {answer.owner_id}")
    print(f"username: {answer.username}")
    print(f"key id: {answer.api_key_id}")
    return 0


def request(key_id: str | None) -> authorizer_pb2.IsAuthorizedRequest:
    """Names the key by one arm of the oneof.

    The full key comes from the environment, because every user of a machine can
    list arguments.
    """
    if key_id is not None:
        return authorizer_pb2.IsAuthorizedRequest(key_id=key_id)
    return authorizer_pb2.IsAuthorizedRequest(key=os.environ.get("AIBRIDGE_API_KEY", ""))


def refused(error: grpc.RpcError) -> int:
    """Prints the typed reason of an error.

    An error without one, such as an unreachable coderd, says nothing about the key.
    """
    status = rpc_status.from_call(error)
    for detail in status.details if status else []:
        failure = authorizer_pb2.AuthorizationFailure()
        if detail.Unpack(failure):
            reason = authorizer_pb2.AuthorizationFailureReason.Name(failure.reason)
            print(f"refused: {reason} ({error.details()})")
            return 1
    return no_answer(f"{error.code().name}: {error.details()}")


def connect(url: str) -> grpc.Channel:
    """Connects with TLS to an https URL and in clear to an http URL."""
    target = urlsplit(url)
    if target.scheme == "https":
        address = target.netloc if target.port else f"{target.netloc}:443"
        return grpc.secure_channel(address, grpc.ssl_channel_credentials())
    if target.scheme == "http":
        address = target.netloc if target.port else f"{target.netloc}:80"
        return grpc.insecure_channel(address)
    sys.exit(no_answer("AIBRIDGE_URL must be set to coderd's http or https URL"))


def no_answer(why: str) -> int:
    print(f"no answer: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
