/// A credential. It cannot be encoded, and every way of printing it prints `<redacted>`.
///
/// Only `open()` returns the value. Search for `open()` to find every place that uses a secret.
public struct Secret: Sendable, Equatable {
  private let value: String

  /// Takes the credential as it is.
  public init(_ value: String) {
    self.value = value
  }

  /// The credential itself, for a request or the secret store.
  public func open() -> String { value }

  /// Whether the credential is empty.
  public var isEmpty: Bool { value.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `<redacted>`.
  public var description: String { "<redacted>" }
  /// `<redacted>`.
  public var debugDescription: String { "<redacted>" }
  /// Hides the value from `dump`.
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
