"""Loads a LiteLLM `config.yaml` with LiteLLM's own code, without a proxy, and prints the loaded servers.

Runs in the venv of LiteLLM, not in the one of the tests.
"""

import asyncio
import json
import sys


async def load(path: str) -> list[dict[str, object]]:
    from litellm.proxy.mcp_server.mcp_server_manager import MCPServerManager
    from litellm.proxy.proxy_server import ProxyConfig

    config = await ProxyConfig().get_config(config_file_path=path)
    manager = MCPServerManager()
    await manager.load_servers_from_config(config["mcp_servers"])
    members = (
        "server_name", "url", "transport", "auth_type", "oauth2_flow", "client_id", "client_secret", "authorization_url", "token_url",
        "token_endpoint_auth_method", "scopes", "allowed_tools", "disallowed_tools", "static_headers",
    )
    return [{name: getattr(server, name) for name in members} for server in manager.config_mcp_servers.values()]


print("loaded " + json.dumps(asyncio.run(load(sys.argv[1])), default=str))
