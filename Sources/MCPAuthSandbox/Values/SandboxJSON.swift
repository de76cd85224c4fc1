import Foundation

/// A JSON value. The sandbox is the other side of the protocol, so it shares no code with the client that is tested against it. Therefore
/// it has its own JSON type.
public enum SandboxJSON: Sendable, Equatable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// A string.
  case string(String)
  /// A list.
  case array([SandboxJSON])
  /// An object. Its members are written in the order of their names.
  case object([String: SandboxJSON])

  /// Parses a text. nil if it is not JSON.
  public init?(_ text: some Collection<UInt8>) {
    guard let value = try? JSONDecoder().decode(SandboxJSON.self, from: Data(text)) else { return nil }
    self = value
  }

  /// The value as JSON text.
  /// - Parameter pretty: one member per line.
  public func text(pretty: Bool = false) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
    // Only a number that is not finite (NaN) cannot be encoded.
    guard let data = try? encoder.encode(self) else { return "null" }
    return String(decoding: data, as: UTF8.self)
  }

  /// The string, if the value is one.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The whole number, if the value is one.
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The truth value, if the value is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The elements, if the value is a list.
  public var array: [SandboxJSON]? { if case .array(let value) = self { value } else { nil } }

  /// The members, if the value is an object.
  public var object: [String: SandboxJSON]? { if case .object(let value) = self { value } else { nil } }

  /// The strings of a list that contains only strings.
  public var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }

  /// A member of an object. nil if the value is not an object or has no member with this name.
  public subscript(name: String) -> SandboxJSON? { object?[name] }

  /// A list of strings.
  public static func strings(_ values: some Sequence<String>) -> SandboxJSON { .array(values.map(SandboxJSON.string)) }

  /// The object with these members added or replaced. `null` removes a member.
  func changed(by changes: [String: SandboxJSON]) -> SandboxJSON {
    guard var members = object else { return self }
    for (name, value) in changes {
      members[name] = value == .null ? nil : value
    }
    return .object(members)
  }

  /// The value with `{name}` replaced in every string by the value of that name.
  func filled(with values: Template) -> SandboxJSON {
    switch self {
    case .string(let text): .string(values.fill(text))
    case .array(let elements): .array(elements.map { $0.filled(with: values) })
    case .object(let members): .object(members.mapValues { $0.filled(with: values) })
    default: self
    }
  }
}

extension SandboxJSON: Codable {
  /// Decodes any JSON value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([SandboxJSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: SandboxJSON].self))
    }
  }

  /// Encodes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension SandboxJSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// A truth value.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A list.
  public init(arrayLiteral elements: SandboxJSON...) { self = .array(elements) }
  /// An object. If a name occurs twice, the last member counts.
  public init(dictionaryLiteral elements: (String, SandboxJSON)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}
