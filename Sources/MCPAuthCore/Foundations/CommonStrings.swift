/// Strings of more than 15 bytes that are in nearly every lock entry, secret record and metadata document. A shorter string has no memory of its own,
/// and a literal has none either: the parser of JSON returns it in place of a copy.
enum CommonStrings {
  private static let all = [
    // Members of lock entries and secret records.
    "application_type", "authorization_endpoint", "authorization_response_iss_parameter_supported",
    "authorization_server", "client_secret_expires_at", "registration_endpoint", "revocation_endpoint",
    "token_endpoint_auth_method", "registration_access_token", "registration_client_uri",
    // Members of metadata documents (RFC 8414 section 2, RFC 9728 section 2) and registrations (RFC 7591 section 3.2.1).
    "authorization_servers", "bearer_methods_supported", "client_id_issued_at",
    "client_id_metadata_document_supported", "code_challenge_methods_supported", "grant_types_supported",
    "introspection_endpoint", "response_modes_supported", "response_types_supported",
    "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
    // Values.
    "authorization_code", "client_secret_basic", "client_secret_post", "resource-metadata",
  ]

  private static let byLength: [[(bytes: [UInt8], text: String)]] = {
    var table = [[(bytes: [UInt8], text: String)]](repeating: [], count: 1 + (all.map(\.utf8.count).max() ?? 0))
    for text in all { table[text.utf8.count].append((Array(text.utf8), text)) }
    return table
  }()

  /// The string with these bytes, if it is one of the list.
  static func find(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    guard bytes.count < byLength.count else { return nil }
    for candidate in byLength[bytes.count] where candidate.bytes.elementsEqual(bytes) { return candidate.text }
    return nil
  }
}
