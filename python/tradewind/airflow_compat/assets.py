"""Assets (Datasets in Airflow 2): what tasks bring forth and Dags wait for."""

from __future__ import annotations

import urllib.parse
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from tradewind import era
from tradewind.suggest import unknown_argument

_ARGUMENTS = ("name", "uri", "group", "extra", "watchers")


class AssetUniqueKey(NamedTuple):
    name: str
    uri: str


class BaseAsset:
    """An asset, an alias, a reference, or an expression of them."""

    def __or__(self, other: "BaseAsset") -> "BaseAsset":
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAny(self, other)

    def __and__(self, other: "BaseAsset") -> "BaseAsset":
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAll(self, other)

    def __bool__(self) -> bool:
        # `a or b` where `a | b` was meant would drop b in silence.
        return True

    def as_expression(self) -> Dict[str, Any]:
        """An AssetExpression of the Dag's data."""
        raise NotImplementedError

    def iter_assets(self) -> Iterator[Any]:
        """(key, asset) of all assets inside."""
        for asset in self._assets():
            yield AssetUniqueKey(asset.name, asset.uri), asset

    def iter_asset_aliases(self) -> Iterator[Any]:
        return iter(())

    def _assets(self) -> Iterator["Asset"]:
        return iter(())


class AssetWatcher:
    """A trigger whose events are events of the asset."""

    def __init__(self, name: str, trigger: Any) -> None:
        self.name = name
        self.trigger = trigger


class Asset(BaseAsset):
    """`Asset("name")`, `Asset("s3://bucket/key")`, `Asset(name=…, uri=…)`; the missing one of the two is the other."""

    asset_type = "asset"
    template_fields = ("uri",)

    def __init__(
        self,
        name: Optional[str] = None,
        uri: Any = None,
        *,
        group: Optional[str] = None,
        extra: Optional[Dict[str, Any]] = None,
        watchers: Optional[List[AssetWatcher]] = None,
        access_control: Any = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(unknown_argument(type(self).__name__, next(iter(unknown)), _ARGUMENTS))
        if name is None and uri is None:
            raise TypeError("Asset() requires either 'name' or 'uri'")
        if uri is not None and not isinstance(uri, str):
            uri = getattr(uri, "uri", None) or str(uri)
        self.name: str = _checked_name(uri if name is None else name)
        self.uri: str = sanitized_uri(self.name if uri is None else uri)
        self.group = self.asset_type if group is None else group
        self.extra: Dict[str, Any] = dict(extra or {})
        self.watchers = list(watchers or [])

    @staticmethod
    def ref(*, name: Optional[str] = None, uri: Optional[str] = None) -> "AssetRef":
        if (name is None) == (uri is None):
            raise TypeError("Asset reference must be made to either a name or URI, not both")
        return AssetNameRef(name) if name is not None else AssetUriRef(uri)  # type: ignore[arg-type]

    @property
    def normalized_uri(self) -> str:
        return self.uri

    @property
    def asset(self) -> "Asset":
        return self

    def __fspath__(self) -> str:
        return self.uri

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Asset) and (self.name, self.uri) == (other.name, other.uri)

    def __hash__(self) -> int:
        return hash((self.name, self.uri))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, uri={self.uri!r})"

    def as_expression(self) -> Dict[str, Any]:
        return {"asset": {"name": self.name, "uri": self.uri}}

    def _assets(self) -> Iterator["Asset"]:
        yield self


def _checked_name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"Asset name must be a string, got {value!r}")
    if not value or value.isspace():
        raise ValueError("Asset name cannot be just whitespace")
    if len(value) > 1500:
        raise ValueError("Asset name cannot exceed 1500 characters")
    if not value.isascii():
        raise ValueError("Asset name must only consist of ASCII characters")
    return value


def sanitized_uri(uri: str) -> str:
    """As Airflow keeps it: no login, sorted query, no fragment, no slash at the end. Raises ValueError."""
    if not uri or uri.isspace():
        raise ValueError("Asset uri cannot be empty or just whitespace")
    parts = urllib.parse.urlsplit(uri)
    if not parts.scheme and not parts.netloc:
        return uri
    if parts.scheme.lower() == "airflow":
        raise ValueError("Asset scheme 'airflow' is reserved")
    if parts.scheme.lower().startswith("x-"):
        return uri
    netloc = parts.netloc.rpartition("@")[2]
    query = urllib.parse.urlencode(sorted(urllib.parse.parse_qsl(parts.query)))
    path = parts.path.rstrip("/") or "/"
    return urllib.parse.urlunsplit((parts.scheme.lower(), netloc, path, query, ""))


class Dataset(Asset):
    """Airflow 2's name; its first argument is the uri."""

    asset_type = "dataset"

    def __init__(self, uri: Any = None, *args: Any, extra: Any = None, **kwargs: Any) -> None:
        name = kwargs.pop("name", None)
        if args and extra is None and isinstance(args[0], dict):
            extra, args = args[0], args[1:]
        kwargs.setdefault("group", "asset")
        super().__init__(name, uri if uri is not None else (args[0] if args else None), extra=extra, **kwargs)


class Model(Asset):
    asset_type = "model"


class AssetAlias(BaseAsset):
    """A name under which a task may emit events of assets that are known only when it runs."""

    def __init__(self, name: str, group: str = "asset") -> None:
        self.name = _checked_name(name)
        self.group = group

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AssetAlias) and (self.name, self.group) == (other.name, other.group)

    def __hash__(self) -> int:
        return hash((self.name, self.group))

    def __repr__(self) -> str:
        return f"AssetAlias(name={self.name!r}, group={self.group!r})"

    def as_expression(self) -> Dict[str, Any]:
        return {"alias": {"name": self.name, "group": self.group}}

    def iter_asset_aliases(self) -> Iterator[Any]:
        yield self.name, self


class AssetRef(BaseAsset):
    """An asset that another Dag defines, by its name or uri."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.items()))


class AssetNameRef(AssetRef):
    def __init__(self, name: str) -> None:
        self.name = name

    def as_expression(self) -> Dict[str, Any]:
        return {"ref": {"name": self.name}}


class AssetUriRef(AssetRef):
    def __init__(self, uri: str) -> None:
        self.uri = uri

    def as_expression(self) -> Dict[str, Any]:
        return {"ref": {"uri": self.uri}}


class _Combined(BaseAsset):
    word = ""

    def __init__(self, *objects: BaseAsset) -> None:
        for one in objects:
            if not isinstance(one, BaseAsset):
                raise TypeError("expect asset expressions in condition")
        self.objects = list(objects)

    def as_expression(self) -> Dict[str, Any]:
        return {self.word: [one.as_expression() for one in self.objects]}

    def _assets(self) -> Iterator[Asset]:
        seen = set()
        for one in self.objects:
            for asset in one._assets():
                if asset not in seen:
                    seen.add(asset)
                    yield asset

    def iter_asset_aliases(self) -> Iterator[Any]:
        for one in self.objects:
            yield from one.iter_asset_aliases()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.objects == other.objects  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.word, tuple(self.objects)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.objects))})"


class AssetAny(_Combined):
    word = "any"

    def __or__(self, other: BaseAsset) -> BaseAsset:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAny(*self.objects, other)


class AssetAll(_Combined):
    word = "all"

    def __and__(self, other: BaseAsset) -> BaseAsset:
        if not isinstance(other, BaseAsset):
            return NotImplemented
        return AssetAll(*self.objects, other)


class Metadata:
    """Yielded by a task: what its event of the asset shall say."""

    def __init__(self, asset: Any, extra: Optional[Dict[str, Any]] = None, alias: Any = None) -> None:
        if isinstance(asset, str):
            era.warn("Metadata(str)", "Metadata takes the asset itself, not its uri")
            asset = Asset(asset)
        self.asset = asset
        self.extra = dict(extra or {})
        self.alias = AssetAlias(alias) if isinstance(alias, str) else alias


DatasetAlias = AssetAlias
DatasetAll = AssetAll
DatasetAny = AssetAny
