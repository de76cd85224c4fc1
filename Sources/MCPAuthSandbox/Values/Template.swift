import Foundation

/// The values of `{origin}`, `{kind}`, `{issuer}`, `{resource}` and `{metadata}` in a kind's data.
struct Template: Sendable {
  var values: [String: String]

  func fill(_ text: String) -> String {
    guard text.contains("{") else { return text }
    return values.reduce(text) { text, value in text.replacingOccurrences(of: "{\(value.key)}", with: value.value) }
  }
}
