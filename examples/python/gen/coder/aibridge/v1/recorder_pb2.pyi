import datetime

from coder.aibridge.v1 import provider_pb2 as _provider_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CredentialKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREDENTIAL_KIND_UNSPECIFIED: _ClassVar[CredentialKind]
    CREDENTIAL_KIND_CENTRALIZED: _ClassVar[CredentialKind]
    CREDENTIAL_KIND_BYOK: _ClassVar[CredentialKind]

class ContentPrivacy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTENT_PRIVACY_UNSPECIFIED: _ClassVar[ContentPrivacy]
    CONTENT_PRIVACY_FULL: _ClassVar[ContentPrivacy]
    CONTENT_PRIVACY_HASH: _ClassVar[ContentPrivacy]
    CONTENT_PRIVACY_OFF: _ClassVar[ContentPrivacy]

class InterceptionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERCEPTION_STATUS_UNSPECIFIED: _ClassVar[InterceptionStatus]
    INTERCEPTION_STATUS_COMPLETED: _ClassVar[InterceptionStatus]
    INTERCEPTION_STATUS_FAILED: _ClassVar[InterceptionStatus]
    INTERCEPTION_STATUS_CANCELLED: _ClassVar[InterceptionStatus]
    INTERCEPTION_STATUS_INTERRUPTED: _ClassVar[InterceptionStatus]

class InterceptionErrorType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INTERCEPTION_ERROR_TYPE_UNSPECIFIED: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_BAD_REQUEST: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_UNAUTHORIZED: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_RATE_LIMITED: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_OVERLOADED: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_SERVER_ERROR: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_TIMEOUT: _ClassVar[InterceptionErrorType]
    INTERCEPTION_ERROR_TYPE_UNKNOWN: _ClassVar[InterceptionErrorType]
CREDENTIAL_KIND_UNSPECIFIED: CredentialKind
CREDENTIAL_KIND_CENTRALIZED: CredentialKind
CREDENTIAL_KIND_BYOK: CredentialKind
CONTENT_PRIVACY_UNSPECIFIED: ContentPrivacy
CONTENT_PRIVACY_FULL: ContentPrivacy
CONTENT_PRIVACY_HASH: ContentPrivacy
CONTENT_PRIVACY_OFF: ContentPrivacy
INTERCEPTION_STATUS_UNSPECIFIED: InterceptionStatus
INTERCEPTION_STATUS_COMPLETED: InterceptionStatus
INTERCEPTION_STATUS_FAILED: InterceptionStatus
INTERCEPTION_STATUS_CANCELLED: InterceptionStatus
INTERCEPTION_STATUS_INTERRUPTED: InterceptionStatus
INTERCEPTION_ERROR_TYPE_UNSPECIFIED: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_BAD_REQUEST: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_UNAUTHORIZED: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_RATE_LIMITED: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_OVERLOADED: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_SERVER_ERROR: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_TIMEOUT: InterceptionErrorType
INTERCEPTION_ERROR_TYPE_UNKNOWN: InterceptionErrorType

class RecordEventsRequest(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[RecordEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[RecordEvent, _Mapping]]] = ...) -> None: ...

class RecordEventsResponse(_message.Message):
    __slots__ = ("rejected",)
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    rejected: _containers.RepeatedCompositeFieldContainer[RejectedEvent]
    def __init__(self, rejected: _Optional[_Iterable[_Union[RejectedEvent, _Mapping]]] = ...) -> None: ...

class RejectedEvent(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: str
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class RecordEvent(_message.Message):
    __slots__ = ("id", "interception_id", "time", "started", "token_usage", "prompt", "tool_usage", "model_thought", "ended")
    ID_FIELD_NUMBER: _ClassVar[int]
    INTERCEPTION_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    TOKEN_USAGE_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    TOOL_USAGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_THOUGHT_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    id: str
    interception_id: str
    time: _timestamp_pb2.Timestamp
    started: InterceptionStarted
    token_usage: TokenUsage
    prompt: Prompt
    tool_usage: ToolUsage
    model_thought: ModelThought
    ended: InterceptionEnded
    def __init__(self, id: _Optional[str] = ..., interception_id: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started: _Optional[_Union[InterceptionStarted, _Mapping]] = ..., token_usage: _Optional[_Union[TokenUsage, _Mapping]] = ..., prompt: _Optional[_Union[Prompt, _Mapping]] = ..., tool_usage: _Optional[_Union[ToolUsage, _Mapping]] = ..., model_thought: _Optional[_Union[ModelThought, _Mapping]] = ..., ended: _Optional[_Union[InterceptionEnded, _Mapping]] = ...) -> None: ...

class InterceptionStarted(_message.Message):
    __slots__ = ("initiator_id", "api_key_id", "provider_type", "provider_name", "model", "client", "client_session_id", "user_agent", "correlating_tool_call_id", "credential_kind", "credential_hint", "source", "delegated", "streaming", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    INITIATOR_ID_FIELD_NUMBER: _ClassVar[int]
    API_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_TYPE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    USER_AGENT_FIELD_NUMBER: _ClassVar[int]
    CORRELATING_TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_KIND_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_HINT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    DELEGATED_FIELD_NUMBER: _ClassVar[int]
    STREAMING_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    initiator_id: str
    api_key_id: str
    provider_type: _provider_pb2.ProviderType
    provider_name: str
    model: str
    client: str
    client_session_id: str
    user_agent: str
    correlating_tool_call_id: str
    credential_kind: CredentialKind
    credential_hint: str
    source: str
    delegated: bool
    streaming: bool
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, initiator_id: _Optional[str] = ..., api_key_id: _Optional[str] = ..., provider_type: _Optional[_Union[_provider_pb2.ProviderType, str]] = ..., provider_name: _Optional[str] = ..., model: _Optional[str] = ..., client: _Optional[str] = ..., client_session_id: _Optional[str] = ..., user_agent: _Optional[str] = ..., correlating_tool_call_id: _Optional[str] = ..., credential_kind: _Optional[_Union[CredentialKind, str]] = ..., credential_hint: _Optional[str] = ..., source: _Optional[str] = ..., delegated: _Optional[bool] = ..., streaming: _Optional[bool] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class TokenUsage(_message.Message):
    __slots__ = ("provider_response_id", "model", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "extra_tokens", "raw_usage", "service_tier", "partial")
    class ExtraTokensEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    PROVIDER_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHE_READ_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHE_WRITE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    EXTRA_TOKENS_FIELD_NUMBER: _ClassVar[int]
    RAW_USAGE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_TIER_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    provider_response_id: str
    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    extra_tokens: _containers.ScalarMap[str, int]
    raw_usage: str
    service_tier: str
    partial: bool
    def __init__(self, provider_response_id: _Optional[str] = ..., model: _Optional[str] = ..., input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., cache_read_tokens: _Optional[int] = ..., cache_write_tokens: _Optional[int] = ..., extra_tokens: _Optional[_Mapping[str, int]] = ..., raw_usage: _Optional[str] = ..., service_tier: _Optional[str] = ..., partial: _Optional[bool] = ...) -> None: ...

class Prompt(_message.Message):
    __slots__ = ("provider_response_id", "text", "privacy")
    PROVIDER_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_FIELD_NUMBER: _ClassVar[int]
    provider_response_id: str
    text: str
    privacy: ContentPrivacy
    def __init__(self, provider_response_id: _Optional[str] = ..., text: _Optional[str] = ..., privacy: _Optional[_Union[ContentPrivacy, str]] = ...) -> None: ...

class ToolUsage(_message.Message):
    __slots__ = ("provider_response_id", "provider_tool_call_id", "tool", "arguments", "privacy", "injected", "server_url", "invocation_error")
    PROVIDER_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    TOOL_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_FIELD_NUMBER: _ClassVar[int]
    INJECTED_FIELD_NUMBER: _ClassVar[int]
    SERVER_URL_FIELD_NUMBER: _ClassVar[int]
    INVOCATION_ERROR_FIELD_NUMBER: _ClassVar[int]
    provider_response_id: str
    provider_tool_call_id: str
    tool: str
    arguments: str
    privacy: ContentPrivacy
    injected: bool
    server_url: str
    invocation_error: str
    def __init__(self, provider_response_id: _Optional[str] = ..., provider_tool_call_id: _Optional[str] = ..., tool: _Optional[str] = ..., arguments: _Optional[str] = ..., privacy: _Optional[_Union[ContentPrivacy, str]] = ..., injected: _Optional[bool] = ..., server_url: _Optional[str] = ..., invocation_error: _Optional[str] = ...) -> None: ...

class ModelThought(_message.Message):
    __slots__ = ("provider_response_id", "kind", "text", "privacy")
    PROVIDER_RESPONSE_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PRIVACY_FIELD_NUMBER: _ClassVar[int]
    provider_response_id: str
    kind: str
    text: str
    privacy: ContentPrivacy
    def __init__(self, provider_response_id: _Optional[str] = ..., kind: _Optional[str] = ..., text: _Optional[str] = ..., privacy: _Optional[_Union[ContentPrivacy, str]] = ...) -> None: ...

class InterceptionEnded(_message.Message):
    __slots__ = ("status", "error_type", "error_message", "upstream_status", "upstream_request_id", "time_to_first_byte_us", "gateway_overhead_us")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_TYPE_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    UPSTREAM_STATUS_FIELD_NUMBER: _ClassVar[int]
    UPSTREAM_REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TIME_TO_FIRST_BYTE_US_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_OVERHEAD_US_FIELD_NUMBER: _ClassVar[int]
    status: InterceptionStatus
    error_type: InterceptionErrorType
    error_message: str
    upstream_status: int
    upstream_request_id: str
    time_to_first_byte_us: int
    gateway_overhead_us: int
    def __init__(self, status: _Optional[_Union[InterceptionStatus, str]] = ..., error_type: _Optional[_Union[InterceptionErrorType, str]] = ..., error_message: _Optional[str] = ..., upstream_status: _Optional[int] = ..., upstream_request_id: _Optional[str] = ..., time_to_first_byte_us: _Optional[int] = ..., gateway_overhead_us: _Optional[int] = ...) -> None: ...
