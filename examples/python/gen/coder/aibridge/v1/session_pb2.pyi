import datetime

from coder.aibridge.v1 import interception_pb2 as _interception_pb2
from coder.aibridge.v1 import recorder_pb2 as _recorder_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UsageGrouping(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USAGE_GROUPING_UNSPECIFIED: _ClassVar[UsageGrouping]
    USAGE_GROUPING_USER: _ClassVar[UsageGrouping]
    USAGE_GROUPING_MODEL: _ClassVar[UsageGrouping]
    USAGE_GROUPING_PROVIDER: _ClassVar[UsageGrouping]
    USAGE_GROUPING_CLIENT: _ClassVar[UsageGrouping]
    USAGE_GROUPING_DAY: _ClassVar[UsageGrouping]
USAGE_GROUPING_UNSPECIFIED: UsageGrouping
USAGE_GROUPING_USER: UsageGrouping
USAGE_GROUPING_MODEL: UsageGrouping
USAGE_GROUPING_PROVIDER: UsageGrouping
USAGE_GROUPING_CLIENT: UsageGrouping
USAGE_GROUPING_DAY: UsageGrouping

class Session(_message.Message):
    __slots__ = ("id", "user_id", "client", "client_session_id", "start_time", "last_active_time", "interceptions", "usage")
    ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    INTERCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    id: str
    user_id: str
    client: str
    client_session_id: str
    start_time: _timestamp_pb2.Timestamp
    last_active_time: _timestamp_pb2.Timestamp
    interceptions: int
    usage: UsageTotals
    def __init__(self, id: _Optional[str] = ..., user_id: _Optional[str] = ..., client: _Optional[str] = ..., client_session_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_active_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interceptions: _Optional[int] = ..., usage: _Optional[_Union[UsageTotals, _Mapping]] = ...) -> None: ...

class UsageTotals(_message.Message):
    __slots__ = ("interceptions", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
    INTERCEPTIONS_FIELD_NUMBER: _ClassVar[int]
    INPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHE_READ_TOKENS_FIELD_NUMBER: _ClassVar[int]
    CACHE_WRITE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    interceptions: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    def __init__(self, interceptions: _Optional[int] = ..., input_tokens: _Optional[int] = ..., output_tokens: _Optional[int] = ..., cache_read_tokens: _Optional[int] = ..., cache_write_tokens: _Optional[int] = ...) -> None: ...

class ListSessionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "user_id", "client", "active_since", "active_until", "provider_name", "model", "client_session_id", "status")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_SINCE_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_UNTIL_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CLIENT_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    user_id: str
    client: str
    active_since: _timestamp_pb2.Timestamp
    active_until: _timestamp_pb2.Timestamp
    provider_name: str
    model: str
    client_session_id: str
    status: _recorder_pb2.InterceptionStatus
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., user_id: _Optional[str] = ..., client: _Optional[str] = ..., active_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., active_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provider_name: _Optional[str] = ..., model: _Optional[str] = ..., client_session_id: _Optional[str] = ..., status: _Optional[_Union[_recorder_pb2.InterceptionStatus, str]] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[Session]
    next_page_token: str
    def __init__(self, sessions: _Optional[_Iterable[_Union[Session, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSessionRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetSessionResponse(_message.Message):
    __slots__ = ("session", "threads")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    session: Session
    threads: _containers.RepeatedCompositeFieldContainer[Thread]
    def __init__(self, session: _Optional[_Union[Session, _Mapping]] = ..., threads: _Optional[_Iterable[_Union[Thread, _Mapping]]] = ...) -> None: ...

class Thread(_message.Message):
    __slots__ = ("root_id", "turns")
    ROOT_ID_FIELD_NUMBER: _ClassVar[int]
    TURNS_FIELD_NUMBER: _ClassVar[int]
    root_id: str
    turns: _containers.RepeatedCompositeFieldContainer[_interception_pb2.InterceptionDetail]
    def __init__(self, root_id: _Optional[str] = ..., turns: _Optional[_Iterable[_Union[_interception_pb2.InterceptionDetail, _Mapping]]] = ...) -> None: ...

class SummarizeUsageRequest(_message.Message):
    __slots__ = ("group_by", "filter")
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    group_by: _containers.RepeatedScalarFieldContainer[UsageGrouping]
    filter: _interception_pb2.RecordFilter
    def __init__(self, group_by: _Optional[_Iterable[_Union[UsageGrouping, str]]] = ..., filter: _Optional[_Union[_interception_pb2.RecordFilter, _Mapping]] = ...) -> None: ...

class SummarizeUsageResponse(_message.Message):
    __slots__ = ("summaries",)
    SUMMARIES_FIELD_NUMBER: _ClassVar[int]
    summaries: _containers.RepeatedCompositeFieldContainer[UsageSummary]
    def __init__(self, summaries: _Optional[_Iterable[_Union[UsageSummary, _Mapping]]] = ...) -> None: ...

class UsageSummary(_message.Message):
    __slots__ = ("group", "usage")
    GROUP_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    group: _containers.RepeatedScalarFieldContainer[str]
    usage: UsageTotals
    def __init__(self, group: _Optional[_Iterable[str]] = ..., usage: _Optional[_Union[UsageTotals, _Mapping]] = ...) -> None: ...
