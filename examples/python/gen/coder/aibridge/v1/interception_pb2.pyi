import datetime

from coder.aibridge.v1 import recorder_pb2 as _recorder_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordFilter(_message.Message):
    __slots__ = ("user_id", "provider_name", "model", "client", "session_id", "status", "start_time", "end_time")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    provider_name: str
    model: str
    client: str
    session_id: str
    status: _recorder_pb2.InterceptionStatus
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, user_id: _Optional[str] = ..., provider_name: _Optional[str] = ..., model: _Optional[str] = ..., client: _Optional[str] = ..., session_id: _Optional[str] = ..., status: _Optional[_Union[_recorder_pb2.InterceptionStatus, str]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Interception(_message.Message):
    __slots__ = ("id", "session_id", "parent_id", "root_id", "started", "start_time", "ended", "end_time")
    ID_FIELD_NUMBER: _ClassVar[int]
    SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    ROOT_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    session_id: str
    parent_id: str
    root_id: str
    started: _recorder_pb2.InterceptionStarted
    start_time: _timestamp_pb2.Timestamp
    ended: _recorder_pb2.InterceptionEnded
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., session_id: _Optional[str] = ..., parent_id: _Optional[str] = ..., root_id: _Optional[str] = ..., started: _Optional[_Union[_recorder_pb2.InterceptionStarted, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ended: _Optional[_Union[_recorder_pb2.InterceptionEnded, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListInterceptionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: RecordFilter
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[_Union[RecordFilter, _Mapping]] = ...) -> None: ...

class ListInterceptionsResponse(_message.Message):
    __slots__ = ("interceptions", "next_page_token")
    INTERCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    interceptions: _containers.RepeatedCompositeFieldContainer[Interception]
    next_page_token: str
    def __init__(self, interceptions: _Optional[_Iterable[_Union[Interception, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetInterceptionRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetInterceptionResponse(_message.Message):
    __slots__ = ("interception",)
    INTERCEPTION_FIELD_NUMBER: _ClassVar[int]
    interception: InterceptionDetail
    def __init__(self, interception: _Optional[_Union[InterceptionDetail, _Mapping]] = ...) -> None: ...

class InterceptionDetail(_message.Message):
    __slots__ = ("interception", "token_usages", "prompts", "tool_usages", "model_thoughts")
    INTERCEPTION_FIELD_NUMBER: _ClassVar[int]
    TOKEN_USAGES_FIELD_NUMBER: _ClassVar[int]
    PROMPTS_FIELD_NUMBER: _ClassVar[int]
    TOOL_USAGES_FIELD_NUMBER: _ClassVar[int]
    MODEL_THOUGHTS_FIELD_NUMBER: _ClassVar[int]
    interception: Interception
    token_usages: _containers.RepeatedCompositeFieldContainer[_recorder_pb2.TokenUsage]
    prompts: _containers.RepeatedCompositeFieldContainer[_recorder_pb2.Prompt]
    tool_usages: _containers.RepeatedCompositeFieldContainer[_recorder_pb2.ToolUsage]
    model_thoughts: _containers.RepeatedCompositeFieldContainer[_recorder_pb2.ModelThought]
    def __init__(self, interception: _Optional[_Union[Interception, _Mapping]] = ..., token_usages: _Optional[_Iterable[_Union[_recorder_pb2.TokenUsage, _Mapping]]] = ..., prompts: _Optional[_Iterable[_Union[_recorder_pb2.Prompt, _Mapping]]] = ..., tool_usages: _Optional[_Iterable[_Union[_recorder_pb2.ToolUsage, _Mapping]]] = ..., model_thoughts: _Optional[_Iterable[_Union[_recorder_pb2.ModelThought, _Mapping]]] = ...) -> None: ...
