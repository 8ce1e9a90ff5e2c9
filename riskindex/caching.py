"""An object as a key: what takes long is worked out once for it, however often it is asked."""

from typing import Generic, TypeVar

Value = TypeVar("Value")


class IdentityKey(Generic[Value]):
    """Equal to nothing but the same object, which must not be changed in place.

    For functions with `functools.lru_cache`, whose arguments must be hashable; it holds the
    object, so that no other can get its place in memory.
    """

    def __init__(self, value: Value) -> None:
        self.value = value

    def __hash__(self) -> int:
        # A number that belongs to the object while it lives; the key keeps it alive.
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and other.value is self.value
