"""The engine as one pointer, for compiled code.

Numba passes a tuple of arrays by value: seven numbers for each array, more than a hundred in
every call. Compiled functions are given a pointer to them instead, and read from it
what they need. And numba lets every index count from the array's end if it is negative,
which takes time in each access; none here is. In their source both look the same.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel.models import ArrayModel, PrimitiveModel
from numba.core.datamodel.registry import register_default
from numba.core.types.containers import BaseTuple, NamedTuple, UniTuple
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_builtin, lower_getattr_generic, type_callable
from numba.np import arrayobj

from workbench.backends.simulated.layout import Engine
from workbench.backends.simulated.policy import Records

__all__ = ["as_array", "by_reference"]


class Rows(types.Array):
    """An array whose indices are never negative."""

    def __init__(self, array: types.Array) -> None:
        super().__init__(array.dtype, array.ndim, array.layout, name=f"Rows({array.ndim})")


class EngineReference(types.Type):
    """A pointer to the arrays of an engine, which lie in a caller's frame."""

    def __init__(self, arrays: NamedTuple) -> None:
        self.arrays = arrays
        super().__init__(name="EngineReference")

    @property
    def key(self) -> NamedTuple:
        """What makes it this type; the name is short because every symbol contains it."""
        return self.arrays


register_default(Rows)(ArrayModel)


@register_default(EngineReference)
class _Pointer(PrimitiveModel):  # type: ignore[misc]
    def __init__(self, models: Any, reference: EngineReference) -> None:
        arrays = models[reference.arrays].get_value_type()
        super().__init__(models, reference, arrays.as_pointer())


@infer_getattr
class _Arrays(AttributeTemplate):  # type: ignore[misc]
    key = EngineReference

    def generic_resolve(self, reference: EngineReference, name: str) -> Rows:
        return Rows(reference.arrays.types[reference.arrays.fields.index(name)])


@lower_getattr_generic(EngineReference)
def _array(context: Any, builder: Any, reference: EngineReference, at: Any, name: str) -> Any:
    """Return an array, of which only where it is and its shape need loading."""
    index = reference.arrays.fields.index(name)
    kind = Rows(reference.arrays.types[index])
    stored = arrayobj.make_array(kind)(
        context, builder, ref=cgutils.gep_inbounds(builder, at, 0, index)
    )
    shape = [
        _never_changing(
            builder,
            builder.load(cgutils.gep_inbounds(builder, stored._get_ptr_by_name("shape"), 0, d)),
        )
        for d in range(kind.ndim)
    ]
    item = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    strides = [context.get_constant(types.intp, item)]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(length, strides[0]))
    array = arrayobj.make_array(kind)(context, builder)
    arrayobj.populate_array(
        array,
        data=_never_changing(builder, builder.load(stored._get_ptr_by_name("data"))),
        shape=shape,
        strides=strides,
        itemsize=context.get_constant(types.intp, item),
        meminfo=None,
    )
    return array._getvalue()


def _never_changing(builder: Any, loaded: Any) -> Any:
    """Tell LLVM that it need not load a value again, whatever has been stored meanwhile."""
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


@lower_builtin(operator.getitem, Rows, types.Integer)
def _item(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, _ = signature.args
    index = _unsigned(context, builder, signature, arguments)
    signature = signature.return_type(rows, types.uintp)
    return arrayobj.getitem_arraynd_intp(context, builder, signature, (arguments[0], index))


@lower_builtin(operator.getitem, Rows, BaseTuple)
def _items(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, indices = signature.args
    index = _unsigned(context, builder, signature, arguments)
    signature = signature.return_type(rows, UniTuple(types.uintp, len(indices)))
    return arrayobj.getitem_array_tuple(context, builder, signature, (arguments[0], index))


@lower_builtin(operator.setitem, Rows, types.Integer, types.Any)
def _set_item(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, _, value = signature.args
    index = _unsigned(context, builder, signature, arguments)
    signature = signature.return_type(rows, types.uintp, value)
    arguments = arguments[0], index, arguments[2]
    return arrayobj.setitem_array(context, builder, signature, arguments)


@lower_builtin(operator.setitem, Rows, BaseTuple, types.Any)
def _set_items(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    rows, indices, value = signature.args
    index = _unsigned(context, builder, signature, arguments)
    indices = UniTuple(types.uintp, len(indices))
    signature = signature.return_type(rows, indices, value)
    arguments = arguments[0], index, arguments[2]
    return arrayobj.setitem_array(context, builder, signature, arguments)


def _unsigned(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the index of an access, or the tuple of them, as unsigned integers."""
    kind, index = signature.args[1], arguments[1]
    if not isinstance(kind, BaseTuple):
        return context.cast(builder, index, kind, types.uintp)
    numbers = [
        context.cast(builder, one, of, types.uintp)
        for one, of in zip(cgutils.unpack_tuple(builder, index), kind, strict=True)
    ]
    return context.make_tuple(builder, UniTuple(types.uintp, len(kind)), numbers)


def by_reference(engine: Engine) -> Engine:
    """Return a pointer to an engine that is valid until the caller returns."""
    return engine


@type_callable(by_reference)
def _type_by_reference(_: Any) -> Any:
    def typer(engine: Any) -> EngineReference:
        return EngineReference(engine)

    return typer


@lower_builtin(by_reference, NamedTuple)
def _by_reference(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
    at = cgutils.alloca_once_value(builder, arguments[0])
    # Through it LLVM sees no array being stored: what is read there never changes.
    opaque = ir.FunctionType(at.type, [at.type])
    return builder.asm(opaque, "", "=r,0,~{memory}", [at], side_effect=True)


def as_array(rows: Records) -> Records:
    """Return an array of the reference as numba's own type of array, as policies expect it."""
    return rows


@type_callable(as_array)
def _type_as_array(_: Any) -> Any:
    return lambda rows: types.Array(rows.dtype, rows.ndim, rows.layout)


@lower_builtin(as_array, Rows)
def _as_array(_: Any, __: Any, ___: Any, arguments: Any) -> Any:
    return arguments[0]
