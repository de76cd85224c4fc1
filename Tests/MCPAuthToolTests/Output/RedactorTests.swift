import Foundation
import MCPAuthCore
import Testing

@testable import MCPAuthToolCommands
@testable import MCPAuthToolOutput

@Suite struct RedactorTests {
  static let secret = "p@ss/w0rd+&<\"'é"

  private func redactor(_ secrets: String...) -> Redactor {
    let redactor = Redactor()
    for secret in secrets { redactor.learn(Secret(secret)) }
    return redactor
  }

  static let forms: [(String, String)] = [
    ("raw", secret),
    ("JSON", #"p@ss/w0rd+&<\"'é"#),
    ("JSON with slashes escaped", #"p@ss\/w0rd+&<\"'é"#),
    ("JSON in ASCII", #"p@ss/w0rd+&<\"'\u00e9"#),
    ("percent-encoded", "p%40ss%2Fw0rd%2B%26%3C%22%27%C3%A9"),
    ("percent-encoded in lower case", "p%40ss%2fw0rd%2b%26%3c%22%27%c3%a9"),
    ("HTML", "p@ss/w0rd+&amp;&lt;&quot;&#39;é"),
    ("HTML, hexadecimal", "p@ss/w0rd+&amp;&lt;&#34;&#x27;é"),
    ("base64", Data(secret.utf8).base64EncodedString()),
    ("base64 without padding", Data(secret.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")),
    (
      "base64url",
      Data(secret.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
    ),
    ("base64 of id:secret", Data(("client-1:" + secret).utf8).base64EncodedString()),
    ("base64 of id:secret, shifted", Data(("client-12:" + secret).utf8).base64EncodedString()),
    ("base64 of id:secret, shifted again", Data(("client-123:" + secret).utf8).base64EncodedString()),
  ]

  @Test("SecretStores#Redaction: each form of a secret is printed as <redacted>", arguments: forms)
  func form(_ name: String, _ text: String) {
    #expect(redactor(Self.secret).redact("before \(text) after") == "before <redacted> after", "\(name)")
  }

  @Test("SecretStores#Redaction: a secret that is never escaped is found inside base64 text", arguments: 8...16)
  func plainInsideBase64(_ length: Int) {
    let secret = String("aZ0-b_Y.9cXdW8eV".prefix(length))
    let redactor = redactor(secret)
    #expect(redactor.redact("before \(secret) after") == "before <redacted> after")
    for before in 0...6 {
      for after in 0...3 {
        let whole = String(repeating: "i", count: before) + secret + String(repeating: "?", count: after)
        let text = Data(whole.utf8).base64EncodedString()
        #expect(redactor.redact("x \(text) y") == "x <redacted> y", "\(before) before, \(after) after")
      }
    }
  }

  @Test("SecretStores#Redaction: one of seven characters that is never escaped is not searched for")
  func plainAndShort() {
    #expect(redactor("aZ0-b_Y").redact("aZ0-b_Y \(Data("aZ0-b_Y".utf8).base64EncodedString())").hasPrefix("aZ0-b_Y "))
  }

  @Test("SecretStores#Redaction: secrets that many tasks learn at once are all found")
  func learnedAtOnce() async {
    let redactor = Redactor()
    let secrets = (0..<200).map { "\($0 % 7)-secret-\($0)-of-many" }
    await withTaskGroup(of: Void.self) { group in
      for secret in secrets + secrets { group.addTask { redactor.learn(Secret(secret)) } }
    }
    for secret in secrets { #expect(redactor.redact("x \(secret) y") == "x <redacted> y") }
  }

  @Test("SecretStores#Redaction: a form-encoded space is a plus sign")
  func formEncoded() {
    #expect(redactor("correct horse battery").redact("secret=correct+horse+battery&x=1") == "secret=<redacted>&x=1")
  }

  @Test("SecretStores#Redaction: secrets of eight characters are searched for, those of seven are not")
  func shortest() {
    let redactor = redactor("1234567", "abcdefgh")
    #expect(redactor.redact("1234567 abcdefgh") == "1234567 <redacted>")
    #expect(redactor.finds("id-abcdefgh") && !redactor.finds("1234567") && !redactor.finds("abcdefg"))
  }

  @Test("SecretStores#Redaction: of two secrets with the same beginning the longer one is removed completely")
  func longestFirst() {
    let redactor = redactor("abcdefgh", "abcdefghijkl")
    #expect(redactor.redact("abcdefghijkl-abcdefgh") == "<redacted>-<redacted>")
  }

  @Test("SecretStores#Redaction: a secret that was cut at 512 bytes does not show its beginning")
  func cut() {
    let redactor = redactor("abcdefghijklmnopqrstuvwxyz")
    #expect(redactor.redact("error: abcdefghijklmnop…") == "error: <redacted>…")
    #expect(redactor.redact("error: abcdefghijklmnop.") == "error: abcdefghijklmnop.")
  }

  @Test("SecretStores#Redaction: each line of a secret with several lines is hidden, and so is the whole")
  func severalLines() {
    let redactor = redactor("-----BEGIN-----\nMIIBVgIBADANBgkq\nabc")
    #expect(redactor.redact("x MIIBVgIBADANBgkq y") == "x <redacted> y")
    #expect(!redactor.redact("-----BEGIN-----\nMIIBVgIBADANBgkq\nabc").contains("abc"))
  }

  @Test("strings of a document are redacted, its member names stay")
  func document() {
    let redactor = redactor("inventory")
    #expect(redactor.redact(["inventory": ["the inventory", 1]] as JSON) == ["inventory": ["the <redacted>", 1]])
  }

  @Test("a secret that begins within a JSON escape does not break the document")
  func jsonStaysValid() throws {
    let world = ToolWorld()
    let context = world.context
    context.output.redactor.learn(Secret("nabcdefgh"))
    context.output.json(["x": "\nabcdefgh", "y": "nabcdefgh"])
    let parsed = try JSONParser.parse(Array(world.printed.standard.utf8))
    #expect(parsed == ["x": "\nabcdefgh", "y": "<redacted>"])
  }

  @Test("thousands of secrets: all are found in one text")
  func thousands() {
    let redactor = Redactor()
    let secrets = (0..<1000).map { "secret-number-\($0)-of-many" }
    for secret in secrets { redactor.learn(Secret(secret)) }
    let text = secrets.joined(separator: "\n")
    #expect(redactor.redact(text) == Array(repeating: "<redacted>", count: 1000).joined(separator: "\n"))
  }
}
