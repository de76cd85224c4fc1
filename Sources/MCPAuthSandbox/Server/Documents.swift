extension Site {
  /// Protected resource metadata (RFC 9728 2).
  var resourceMetadata: SandboxJSON {
    let document: SandboxJSON = [
      "resource": .string(resource),
      "authorization_servers": [.string(issuer)],
      "bearer_methods_supported": ["header"],
      "resource_name": .string("sandbox: \(kind.summary)"),
    ]
    return document.changed(by: kind.metadataChanges).filled(with: template)
  }

  /// Authorization server metadata (RFC 8414 2).
  var issuerMetadata: SandboxJSON {
    let rules = kind.registration
    var document: [String: SandboxJSON] = [
      "issuer": .string(issuer),
      "authorization_endpoint": .string(issuer + "/authorize"),
      "token_endpoint": .string(issuer + "/token"),
      "revocation_endpoint": .string(issuer + "/revoke"),
      "response_types_supported": ["code"],
      "response_modes_supported": ["query"],
      "grant_types_supported": .strings(rules.grantTypes),
      "code_challenge_methods_supported": ["S256"],
      "scopes_supported": .strings(rules.scopes),
      "authorization_response_iss_parameter_supported": true,
    ]
    if rules.isOffered { document["registration_endpoint"] = .string(issuer + "/register") }
    if let methods = rules.methods {
      document["token_endpoint_auth_methods_supported"] = .strings(methods)
      document["revocation_endpoint_auth_methods_supported"] = .strings(methods)
    }
    if kind.takesClientMetadataDocuments { document["client_id_metadata_document_supported"] = true }
    if kind.issuerMetadataPlaces != [.oauth] {
      // OpenID Connect Discovery 3 requires these members too.
      document["jwks_uri"] = .string(issuer + "/jwks")
      document["subject_types_supported"] = ["public"]
      document["id_token_signing_alg_values_supported"] = ["RS256"]
    }
    return SandboxJSON.object(document).changed(by: kind.issuerMetadataChanges).filled(with: template)
  }
}
