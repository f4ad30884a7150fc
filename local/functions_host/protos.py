"""What indexing needs of the worker's protobuf module: messages as plain attribute bags."""

from types import SimpleNamespace


class StatusResult(SimpleNamespace):
    """The outcome of a worker request; the enum's members stand on the message, as in protobuf."""

    Failure, Success, Cancelled = 0, 1, 2


class BindingInfo(SimpleNamespace):
    """A binding's type, direction (`in` is 0) and data type."""

    undefined, string, binary, stream = 0, 1, 2, 3
    out, inout = 1, 2


PROTOS = SimpleNamespace(
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
    RpcException=SimpleNamespace,
    WorkerMetadata=SimpleNamespace,
    RpcRetryOptions=SimpleNamespace,
    RpcFunctionMetadata=SimpleNamespace,
    WorkerInitResponse=SimpleNamespace,
    FunctionMetadataResponse=SimpleNamespace,
)
