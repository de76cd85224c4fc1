import MCPAuthCore

/// A server's block as the inventory resolves it, as JSON for digests. It contains everything except the locations, and no secret, only references
/// to secrets.
extension InventoryServer {
  var json: JSON {
    var object: JSONObject = [
      "name": .string(name), "url": .string(url), "transport": .string(transport.rawValue), "enabled": .bool(isEnabled),
      "protect": .bool(protect), "moved_from": .string(or: movedFrom), "allow_private": .strings(trust.allowance.hosts),
      "display_name": .string(or: displayName), "description": .string(or: summary), "icon_url": .string(or: iconURL),
      "availability": .string(or: availability?.rawValue), "tool_allow_list": .strings(or: toolAllowList),
      "tool_deny_list": .strings(or: toolDenyList),
    ]
    let (kind, value) = mode.json
    object[kind] = value
    return .object(object)
  }
}

extension InventoryServer.Mode {
  fileprivate var json: (String, JSON) {
    switch self {
    case .none: ("none", true)
    case .apiKey(let header, let value):
      ("api_key", ["header": .string(header), "value": .string(value.description)])
    case .customHeaders(let headers):
      ("custom_headers", .array(headers.map { ["name": .string($0.name), "value": $0.value.json] }))
    case .manual(let settings): ("manual", settings.json)
    case .preregistered(let settings): ("preregistered", settings.json)
    case .discovered(let settings): ("discovered", settings.json)
    case .registeredAtEndpoints(let settings): ("registered_at_endpoints", settings.json)
    }
  }
}

extension InventoryServer.HeaderValue {
  fileprivate var json: JSON {
    switch self {
    case .literal(let text): ["literal": .string(text)]
    case .reference(let reference): ["reference": .string(reference.description)]
    }
  }
}

extension OAuth2Settings {
  fileprivate var json: JSON {
    let resourceMetadata: JSON =
      switch resourceMetadata {
      case .discovered: .null
      case .url(let url): ["url": .string(url)]
      case .none: "none"
      }
    return [
      "client_id": .string(or: clientID), "client_secret": .string(or: clientSecret?.description),
      "authorization_endpoint": .string(or: authorizationEndpoint), "token_endpoint": .string(or: tokenEndpoint),
      "revocation_endpoint": .string(or: revocationEndpoint), "scopes": .strings(or: scopes),
      "registration": .string(registration.rawValue),
      "token_endpoint_auth_method": .string(or: tokenEndpointAuthMethod), "issuer": .string(or: issuer),
      "metadata_url": .string(or: metadataURL), "registration_endpoint": .string(or: registrationEndpoint),
      "resource_metadata": resourceMetadata, "resource": .string(or: resource),
      "initial_access_token": .string(or: initialAccessToken?.description),
      "software_statement": .string(or: softwareStatement?.description), "pkce": .string(pkce.rawValue),
      "renew_before": renewBefore.map { .number(String($0)) } ?? .null, "renew": .string(renew.rawValue),
      "generation": .number(String(generation)), "client": client?.json ?? .null,
      "consumers": .strings(consumers.map(\.consumer.rawValue)),
    ]
  }
}

extension ClientMetadata {
  fileprivate var json: JSON {
    [
      "client_name": .string(clientName), "redirect_uris": .strings(redirectURIs),
      "application_type": .string(or: applicationType?.rawValue),
      "token_endpoint_auth_method": .string(or: tokenEndpointAuthMethod), "scopes": .strings(or: scopes),
      "client_uri": .string(or: clientURI), "logo_uri": .string(or: logoURI), "tos_uri": .string(or: tosURI),
      "policy_uri": .string(or: policyURI), "contacts": .strings(contacts), "software_id": .string(or: softwareID),
      "software_version": .string(or: softwareVersion), "metadata_url": .string(or: metadataURL),
    ]
  }
}
