from coder.aibridge.v1 import provider_pb2 as _provider_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetProvidersRequest(_message.Message):
    __slots__ = ("known_revision",)
    KNOWN_REVISION_FIELD_NUMBER: _ClassVar[int]
    known_revision: int
    def __init__(self, known_revision: _Optional[int] = ...) -> None: ...

class GetProvidersResponse(_message.Message):
    __slots__ = ("revision", "providers")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    providers: _containers.RepeatedCompositeFieldContainer[ProviderConfig]
    def __init__(self, revision: _Optional[int] = ..., providers: _Optional[_Iterable[_Union[ProviderConfig, _Mapping]]] = ...) -> None: ...

class WatchProvidersRequest(_message.Message):
    __slots__ = ("known_revision",)
    KNOWN_REVISION_FIELD_NUMBER: _ClassVar[int]
    known_revision: int
    def __init__(self, known_revision: _Optional[int] = ...) -> None: ...

class WatchProvidersResponse(_message.Message):
    __slots__ = ("revision", "changed", "providers")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    PROVIDERS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    changed: bool
    providers: _containers.RepeatedCompositeFieldContainer[ProviderConfig]
    def __init__(self, revision: _Optional[int] = ..., changed: _Optional[bool] = ..., providers: _Optional[_Iterable[_Union[ProviderConfig, _Mapping]]] = ...) -> None: ...

class ProviderConfig(_message.Message):
    __slots__ = ("name", "type", "base_url", "enabled", "credential", "credentials", "problem")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    BASE_URL_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: _provider_pb2.ProviderType
    base_url: str
    enabled: bool
    credential: str
    credentials: _containers.RepeatedCompositeFieldContainer[ProviderCredential]
    problem: str
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[_provider_pb2.ProviderType, str]] = ..., base_url: _Optional[str] = ..., enabled: _Optional[bool] = ..., credential: _Optional[str] = ..., credentials: _Optional[_Iterable[_Union[ProviderCredential, _Mapping]]] = ..., problem: _Optional[str] = ...) -> None: ...

class ProviderCredential(_message.Message):
    __slots__ = ("id", "credential")
    ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    credential: str
    def __init__(self, id: _Optional[str] = ..., credential: _Optional[str] = ...) -> None: ...
