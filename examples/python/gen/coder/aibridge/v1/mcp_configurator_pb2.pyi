from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetMCPServerConfigsRequest(_message.Message):
    __slots__ = ("user_id",)
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    def __init__(self, user_id: _Optional[str] = ...) -> None: ...

class GetMCPServerConfigsResponse(_message.Message):
    __slots__ = ("coder_mcp_config", "external_auth_mcp_configs")
    CODER_MCP_CONFIG_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_AUTH_MCP_CONFIGS_FIELD_NUMBER: _ClassVar[int]
    coder_mcp_config: MCPServerConfig
    external_auth_mcp_configs: _containers.RepeatedCompositeFieldContainer[MCPServerConfig]
    def __init__(self, coder_mcp_config: _Optional[_Union[MCPServerConfig, _Mapping]] = ..., external_auth_mcp_configs: _Optional[_Iterable[_Union[MCPServerConfig, _Mapping]]] = ...) -> None: ...

class MCPServerConfig(_message.Message):
    __slots__ = ("id", "url", "tool_allow_regex", "tool_deny_regex", "headers", "wants_access_token")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    TOOL_ALLOW_REGEX_FIELD_NUMBER: _ClassVar[int]
    TOOL_DENY_REGEX_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    WANTS_ACCESS_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    url: str
    tool_allow_regex: str
    tool_deny_regex: str
    headers: _containers.ScalarMap[str, str]
    wants_access_token: bool
    def __init__(self, id: _Optional[str] = ..., url: _Optional[str] = ..., tool_allow_regex: _Optional[str] = ..., tool_deny_regex: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., wants_access_token: _Optional[bool] = ...) -> None: ...

class GetMCPServerAccessTokensBatchRequest(_message.Message):
    __slots__ = ("user_id", "mcp_server_config_ids")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    MCP_SERVER_CONFIG_IDS_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    mcp_server_config_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, user_id: _Optional[str] = ..., mcp_server_config_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetMCPServerAccessTokensBatchResponse(_message.Message):
    __slots__ = ("access_tokens", "errors")
    class AccessTokensEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class ErrorsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ACCESS_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    access_tokens: _containers.ScalarMap[str, str]
    errors: _containers.ScalarMap[str, str]
    def __init__(self, access_tokens: _Optional[_Mapping[str, str]] = ..., errors: _Optional[_Mapping[str, str]] = ...) -> None: ...
