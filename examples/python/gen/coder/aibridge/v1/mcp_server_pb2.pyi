import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MCPServerAuth(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MCP_SERVER_AUTH_UNSPECIFIED: _ClassVar[MCPServerAuth]
    MCP_SERVER_AUTH_NONE: _ClassVar[MCPServerAuth]
    MCP_SERVER_AUTH_OAUTH: _ClassVar[MCPServerAuth]
    MCP_SERVER_AUTH_CODER: _ClassVar[MCPServerAuth]
MCP_SERVER_AUTH_UNSPECIFIED: MCPServerAuth
MCP_SERVER_AUTH_NONE: MCPServerAuth
MCP_SERVER_AUTH_OAUTH: MCPServerAuth
MCP_SERVER_AUTH_CODER: MCPServerAuth

class MCPServer(_message.Message):
    __slots__ = ("id", "url", "auth", "enabled", "tool_allow_regex", "tool_deny_regex", "header_names", "oauth_client_id", "oauth_scopes", "create_time", "update_time", "logged_in")
    ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    AUTH_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    TOOL_ALLOW_REGEX_FIELD_NUMBER: _ClassVar[int]
    TOOL_DENY_REGEX_FIELD_NUMBER: _ClassVar[int]
    HEADER_NAMES_FIELD_NUMBER: _ClassVar[int]
    OAUTH_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    OAUTH_SCOPES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LOGGED_IN_FIELD_NUMBER: _ClassVar[int]
    id: str
    url: str
    auth: MCPServerAuth
    enabled: bool
    tool_allow_regex: str
    tool_deny_regex: str
    header_names: _containers.RepeatedScalarFieldContainer[str]
    oauth_client_id: str
    oauth_scopes: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    logged_in: bool
    def __init__(self, id: _Optional[str] = ..., url: _Optional[str] = ..., auth: _Optional[_Union[MCPServerAuth, str]] = ..., enabled: _Optional[bool] = ..., tool_allow_regex: _Optional[str] = ..., tool_deny_regex: _Optional[str] = ..., header_names: _Optional[_Iterable[str]] = ..., oauth_client_id: _Optional[str] = ..., oauth_scopes: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., logged_in: _Optional[bool] = ...) -> None: ...

class CreateMCPServerRequest(_message.Message):
    __slots__ = ("id", "url", "auth", "tool_allow_regex", "tool_deny_regex", "headers", "oauth_client_id", "oauth_client_secret", "oauth_scopes")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    AUTH_FIELD_NUMBER: _ClassVar[int]
    TOOL_ALLOW_REGEX_FIELD_NUMBER: _ClassVar[int]
    TOOL_DENY_REGEX_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    OAUTH_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    OAUTH_CLIENT_SECRET_FIELD_NUMBER: _ClassVar[int]
    OAUTH_SCOPES_FIELD_NUMBER: _ClassVar[int]
    id: str
    url: str
    auth: MCPServerAuth
    tool_allow_regex: str
    tool_deny_regex: str
    headers: _containers.ScalarMap[str, str]
    oauth_client_id: str
    oauth_client_secret: str
    oauth_scopes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., url: _Optional[str] = ..., auth: _Optional[_Union[MCPServerAuth, str]] = ..., tool_allow_regex: _Optional[str] = ..., tool_deny_regex: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., oauth_client_id: _Optional[str] = ..., oauth_client_secret: _Optional[str] = ..., oauth_scopes: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateMCPServerResponse(_message.Message):
    __slots__ = ("mcp_server",)
    MCP_SERVER_FIELD_NUMBER: _ClassVar[int]
    mcp_server: MCPServer
    def __init__(self, mcp_server: _Optional[_Union[MCPServer, _Mapping]] = ...) -> None: ...

class GetMCPServerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetMCPServerResponse(_message.Message):
    __slots__ = ("mcp_server",)
    MCP_SERVER_FIELD_NUMBER: _ClassVar[int]
    mcp_server: MCPServer
    def __init__(self, mcp_server: _Optional[_Union[MCPServer, _Mapping]] = ...) -> None: ...

class ListMCPServersRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMCPServersResponse(_message.Message):
    __slots__ = ("mcp_servers", "next_page_token")
    MCP_SERVERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    mcp_servers: _containers.RepeatedCompositeFieldContainer[MCPServer]
    next_page_token: str
    def __init__(self, mcp_servers: _Optional[_Iterable[_Union[MCPServer, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateMCPServerRequest(_message.Message):
    __slots__ = ("id", "url", "enabled", "tool_allow_regex", "tool_deny_regex")
    ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    TOOL_ALLOW_REGEX_FIELD_NUMBER: _ClassVar[int]
    TOOL_DENY_REGEX_FIELD_NUMBER: _ClassVar[int]
    id: str
    url: str
    enabled: bool
    tool_allow_regex: str
    tool_deny_regex: str
    def __init__(self, id: _Optional[str] = ..., url: _Optional[str] = ..., enabled: _Optional[bool] = ..., tool_allow_regex: _Optional[str] = ..., tool_deny_regex: _Optional[str] = ...) -> None: ...

class UpdateMCPServerResponse(_message.Message):
    __slots__ = ("mcp_server",)
    MCP_SERVER_FIELD_NUMBER: _ClassVar[int]
    mcp_server: MCPServer
    def __init__(self, mcp_server: _Optional[_Union[MCPServer, _Mapping]] = ...) -> None: ...

class DeleteMCPServerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteMCPServerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StartMCPServerLoginRequest(_message.Message):
    __slots__ = ("id", "redirect_uri")
    ID_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    id: str
    redirect_uri: str
    def __init__(self, id: _Optional[str] = ..., redirect_uri: _Optional[str] = ...) -> None: ...

class StartMCPServerLoginResponse(_message.Message):
    __slots__ = ("authorization_url", "state")
    AUTHORIZATION_URL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    authorization_url: str
    state: str
    def __init__(self, authorization_url: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...

class CompleteMCPServerLoginRequest(_message.Message):
    __slots__ = ("parameters",)
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    parameters: _containers.ScalarMap[str, str]
    def __init__(self, parameters: _Optional[_Mapping[str, str]] = ...) -> None: ...

class CompleteMCPServerLoginResponse(_message.Message):
    __slots__ = ("mcp_server",)
    MCP_SERVER_FIELD_NUMBER: _ClassVar[int]
    mcp_server: MCPServer
    def __init__(self, mcp_server: _Optional[_Union[MCPServer, _Mapping]] = ...) -> None: ...

class LogoutMCPServerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class LogoutMCPServerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
