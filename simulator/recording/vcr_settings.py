"""What a project said to vcrpy, applied to a request before it is compared with what vcrpy recorded.

`filter_query_parameters`, `before_record_request` and the like changed what stands in the file, so a request
of today must be changed likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from ..api.wire import Request
from .cassette import as_recorded
from .forms.form import bytes_of

# Those that change a request; what else a configuration says is about recording and matching.
FILTERS = (
    "before_record",
    "before_record_request",
    "filter_headers",
    "filter_nested_post_data_parameters",
    "filter_post_data_parameters",
    "filter_query_parameters",
)
Change = Callable[[Request], Request]


def change_of(config: Mapping[str, Any]) -> Change | None:
    """Return what changes a request as a configuration of vcrpy does; None where it changes none."""
    filters = {name: config[name] for name in FILTERS if config.get(name)}
    if not filters:
        return None
    import vcr

    before_record = vcr.VCR().get_merged_config(path="(none)", **filters)["before_record_request"]

    def change(request: Request) -> Request:
        uri = as_recorded(request).uri
        changed = before_record(vcr.request.Request(request.method, uri, request.body, dict(request.headers)))
        if changed is None:  # vcrpy would not have recorded it; it is not in the cassette
            return request
        address = urlsplit(changed.uri)
        body = bytes_of(changed.body)
        return replace(request, method=changed.method, path=address.path, query=address.query, body=body)

    return change
