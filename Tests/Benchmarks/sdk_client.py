"""The peer of an apply: a Python client that discovers MCP servers and registers at their authorization servers, with the functions of the MCP SDK.

    sdk_client.py ORIGIN COUNT [--kind n] [--at-once 64]

Three requests for a server: protected resource metadata, authorization server metadata, registration. It stores nothing.
"""

from __future__ import annotations

import argparse
import asyncio

import httpx2
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    create_client_registration_request,
    create_oauth_metadata_request,
    handle_auth_metadata_response,
    handle_protected_resource_response,
    handle_registration_response,
    validate_metadata_issuer,
)
from mcp.shared.auth import OAuthClientMetadata


async def register(http: httpx2.AsyncClient, url: str, name: str) -> str:
    (first, *_) = build_protected_resource_metadata_discovery_urls(None, url)
    resource = await handle_protected_resource_response(await http.send(create_oauth_metadata_request(first)))
    assert resource is not None, url
    issuer = str(resource.authorization_servers[0])
    (first, *_) = build_oauth_authorization_server_metadata_discovery_urls(issuer, url)
    _, metadata = await handle_auth_metadata_response(await http.send(create_oauth_metadata_request(first)))
    assert metadata is not None, url
    validate_metadata_issuer(metadata, issuer)
    wanted = OAuthClientMetadata(
        client_name="Test scripts", redirect_uris=[f"http://127.0.0.1:7777/callback/{name}"],
        grant_types=["authorization_code", "refresh_token"], response_types=["code"],
        token_endpoint_auth_method="client_secret_basic",
    )  # fmt: skip
    answer = await http.send(create_client_registration_request(metadata, wanted, issuer))
    return (await handle_registration_response(answer)).client_id


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("origin")
    parser.add_argument("count", type=int)
    parser.add_argument("--kind", default="n")
    parser.add_argument("--at-once", type=int, default=64)
    options = parser.parse_args()
    turn = asyncio.Semaphore(options.at_once)
    limits = httpx2.Limits(max_connections=options.at_once, max_keepalive_connections=options.at_once)
    async with httpx2.AsyncClient(limits=limits, timeout=60) as http:

        async def one(index: int) -> str:
            async with turn:
                return await register(http, f"{options.origin}/{options.kind}/{index:06d}/mcp", f"s{index:06d}")

        made = await asyncio.gather(*(one(index) for index in range(1, options.count + 1)))
    assert len(set(made)) == options.count
    print(f"{len(made)} registered")


asyncio.run(main())
