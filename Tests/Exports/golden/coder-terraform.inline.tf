resource "coderd_agents_mcp_server" "linear" {
  display_name     = "Linear"
  slug             = "linear"
  transport        = "streamable_http"
  url              = "https://mcp.linear.app/mcp"
  auth_type        = "oauth2"
  oauth2_client_id = "client-of-linear"
  oauth2_auth_url  = "https://as.linear.example/authorize"
  oauth2_token_url = "https://as.linear.example/token"
  oauth2_scopes    = "read write"
  availability     = "default_off"
  enabled          = true
}

resource "coderd_agents_mcp_server" "acme-crm" {
  display_name                    = "Acme: CRM"
  slug                            = "acme-crm"
  description                     = "customers, #1"
  icon_url                        = "https://crm.acme.example/icon.svg"
  transport                       = "streamable_http"
  url                             = "https://crm.acme.example/mcp"
  auth_type                       = "oauth2"
  oauth2_client_id                = "client-of-acme-crm"
  oauth2_client_secret_wo         = "s3cr3t-\"q\"-'a'-$-%%{y}-\\n"
  oauth2_client_secret_wo_version = 621806186
  oauth2_auth_url                 = "https://as.acme-crm.example/authorize"
  oauth2_token_url                = "https://as.acme-crm.example/token"
  oauth2_revocation_url           = "https://as.acme-crm.example/revoke"
  oauth2_scopes                   = "read write"
  tool_allow_list                 = ["search", "create-note"]
  availability                    = "default_on"
  enabled                         = true
}

resource "coderd_agents_mcp_server" "github" {
  display_name                    = "github"
  slug                            = "github"
  transport                       = "streamable_http"
  url                             = "https://api.githubcopilot.com/mcp/"
  auth_type                       = "oauth2"
  oauth2_client_id                = "Iv1.0123456789abcdef"
  oauth2_client_secret_wo         = "6.02e23"
  oauth2_client_secret_wo_version = 1
  oauth2_auth_url                 = "https://github.com/login/oauth/authorize"
  oauth2_token_url                = "https://github.com/login/oauth/access_token"
  oauth2_scopes                   = "repo read:org"
  availability                    = "default_off"
  enabled                         = true
}

resource "coderd_agents_mcp_server" "docs" {
  display_name = "docs"
  slug         = "docs"
  transport    = "streamable_http"
  url          = "https://docs.example.com/mcp"
  auth_type    = "none"
  availability = "default_off"
  enabled      = true
}

resource "coderd_agents_mcp_server" "search" {
  display_name             = "search"
  slug                     = "search"
  transport                = "streamable_http"
  url                      = "https://search.example.com/mcp"
  auth_type                = "api_key"
  api_key_header           = "X-API-Key"
  api_key_value_wo         = "yes"
  api_key_value_wo_version = 1
  availability             = "default_off"
  enabled                  = true
}

resource "coderd_agents_mcp_server" "legacy" {
  display_name   = "legacy"
  slug           = "legacy"
  transport      = "sse"
  url            = "https://legacy.example.com/sse"
  auth_type      = "custom_headers"
  custom_headers = { "X-Tenant" = "acme", "Authorization" = "Bearer abc.def" }
  availability   = "default_off"
  enabled        = true
}
