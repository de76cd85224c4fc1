/// Writes JSON. The same value always gives the same bytes.
package enum JSONWriter {
  /// Members are sorted by their UTF-8 bytes; indent of two spaces; one member or element per line; one newline at the end; UTF-8 is not
  /// escaped. This is the form of the lock file (PlanAndApply#Lock-file).
  package static func canonical(_ value: JSON) -> [UInt8] {
    var writer = Writer(indents: true)
    writer.write(value, depth: 0)
    writer.out.append(0x0A)
    return writer.out
  }

  /// Like `canonical`, but safe to print in a terminal and in the log of a CI runner. Text that these could interpret (control,
  /// bidirectional and invisible characters, `::`, `##`) is written as an escape. The parsed value is the same (SecretStores#Records).
  package static func printed(_ value: JSON) -> [UInt8] {
    var writer = Writer(indents: true, isPrinted: true)
    writer.write(value, depth: 0)
    writer.out.append(0x0A)
    return writer.out
  }

  /// Like `printed`, but on one line and without a newline.
  package static func printedLine(_ value: JSON) -> [UInt8] {
    var writer = Writer(indents: false, isPrinted: true)
    writer.write(value, depth: 0)
    return writer.out
  }

  /// Sorted members, no white space, no newline. Used for lines of a journal and as the input of digests.
  package static func compact(_ value: JSON) -> [UInt8] {
    var writer = Writer(indents: false)
    writer.write(value, depth: 0)
    return writer.out
  }

  private struct Writer {
    var out: [UInt8] = []
    let indents: Bool
    var isPrinted = false

    mutating func write(_ value: JSON, depth: Int) {
      switch value {
      case .null: out.append(contentsOf: "null".utf8)
      case .bool(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
      case .number(let text): out.append(contentsOf: text.utf8)
      case .string(let text): write(text)
      case .array(let elements):
        bracketed("[", "]", elements, depth: depth) { writer, element in writer.write(element, depth: depth + 1) }
      case .object(let object):
        bracketed("{", "}", Self.sorted(object.members), depth: depth) { writer, member in
          writer.write(member.name)
          writer.out.append(contentsOf: (writer.indents ? ": " : ":").utf8)
          writer.write(member.value, depth: depth + 1)
        }
      }
    }

    /// Most objects were read from a file that has them in this order.
    private static func sorted(_ members: [JSONObject.Member]) -> [JSONObject.Member] {
      for index in members.indices.dropFirst() where precedes(members[index], members[index - 1]) {
        return members.sorted(by: precedes)
      }
      return members
    }

    /// The bytes of both strings are compared in memory: to take them one by one from a string takes several times as long.
    private static func precedes(_ one: JSONObject.Member, _ other: JSONObject.Member) -> Bool {
      let isBefore = one.name.utf8.withContiguousStorageIfAvailable { one in
        other.name.utf8.withContiguousStorageIfAvailable { other in one.lexicographicallyPrecedes(other) }
      }
      return (isBefore ?? nil) ?? one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }

    private mutating func bracketed<Element>(
      _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ elements: [Element], depth: Int,
      each: (inout Writer, Element) -> Void
    ) {
      out.append(UInt8(ascii: open))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        newline(depth + 1)
        each(&self, element)
      }
      if !elements.isEmpty { newline(depth) }
      out.append(UInt8(ascii: close))
    }

    private mutating func newline(_ depth: Int) {
      guard indents else { return }
      out.append(0x0A)
      for _ in 0..<depth * 2 { out.append(0x20) }
    }

    private mutating func write(_ text: String) {
      out.append(UInt8(ascii: "\""))
      if isPrinted {
        writeHarmless(text)
      } else if text.utf8.withContiguousStorageIfAvailable({ writeIfPlain($0) }) != true {
        writeEscaped(text.utf8)
      }
      out.append(UInt8(ascii: "\""))
    }

    /// Writes the text if JSON contains it as it is.
    /// - Returns: whether it was written.
    private mutating func writeIfPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
      guard bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
        return false
      }
      out.append(contentsOf: bytes)
      return true
    }

    /// Escapes the second of two colons or number signs, so that the text contains no beginning of a command.
    private mutating func writeHarmless(_ text: String) {
      var last: Unicode.Scalar?
      for scalar in text.unicodeScalars {
        let isCommand = last == scalar && (scalar == ":" || scalar == "#")
        if isCommand || (scalar.value >= 0x7F && ForeignText.isHarmful(scalar)) {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          writeEscaped(Array(String(scalar).utf8))
        }
        last = isCommand ? nil : scalar
      }
    }

    private mutating func escape(_ unit: UInt16) {
      out.append(contentsOf: "\\u".utf8)
      for shift in [12, 8, 4, 0] { out.append(Self.hexDigits[Int(unit >> UInt16(shift) & 15)]) }
    }

    private mutating func writeEscaped(_ bytes: some Sequence<UInt8>) {
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""): out.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): out.append(contentsOf: "\\\\".utf8)
        case 0x08: out.append(contentsOf: "\\b".utf8)
        case 0x0C: out.append(contentsOf: "\\f".utf8)
        case 0x0A: out.append(contentsOf: "\\n".utf8)
        case 0x0D: out.append(contentsOf: "\\r".utf8)
        case 0x09: out.append(contentsOf: "\\t".utf8)
        case 0..<0x20:
          out.append(contentsOf: "\\u00".utf8)
          out.append(Self.hexDigits[Int(byte >> 4)])
          out.append(Self.hexDigits[Int(byte & 15)])
        default: out.append(byte)
        }
      }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)
  }
}
