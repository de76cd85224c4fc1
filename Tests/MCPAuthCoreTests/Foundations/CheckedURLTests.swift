import MCPAuthCore
import Testing

/// Which URLs are used for requests, and what is kept of their text (Discovery#Requests).
@Suite struct CheckedURLTests {
  @Test(
    "scheme and host are in lower case, the default port is removed, and the rest is kept byte for byte",
    arguments: [
      ("HTTPS://Mcp.Example.COM/Path/%2e?Q=a?b", "https://mcp.example.com/Path/%2e?Q=a?b"),
      ("https://mcp.example.com:443", "https://mcp.example.com"), ("https://h:/x", "https://h/x"),
      ("https://h:00080/x", "https://h:80/x"),
      ("https://h:8443?q", "https://h:8443?q"), ("https://[::1]:443/x", "https://[::1]/x"),
      ("https://[::1]:/x", "https://[::1]/x"), ("http://localhost:443", "http://localhost:443"),
      ("https://h?", "https://h?"), ("https://h//x", "https://h//x"),
      ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/"),
      ("https://[::FFFF:1.2.3.4]", "https://[::ffff:1.2.3.4]"),
      ("https://a_b~%!$&'()*+,;=.c/", "https://a_b~%!$&'()*+,;=.c/"),
      ("http://127.0.0.1:80/", "http://127.0.0.1/"), ("http://[::1]:7777/", "http://[::1]:7777/"),
    ])
  func kept(written: String, text: String) throws {
    #expect(try CheckedURL(written, plaintext: .loopback).text == text)
  }

  @Test(
    "what is wrong with a URL is said by its first mistake",
    arguments: [
      ("", "it is not absolute: it has no scheme"), ("mcp.example.com", "it is not absolute: it has no scheme"),
      ("ftp://h", "its scheme is neither https nor http"), ("https:/h", "it has no host"), ("https:", "it has no host"),
      ("https://", "it has no host"), ("https://:80", "it has no host"), ("https:///x", "it has no host"),
      ("https://h/#x", "it has a fragment"), ("https://u@h", "it contains a user name or password"),
      ("https://h\\x y", "it contains a backslash"), ("https://h/ \\", "it contains a space"),
      ("https://h/\t", "it contains a control character"),
      ("https://h/ü", "it contains 'ü', which must be percent-encoded"),
      ("https://h/\u{202E}", "it contains U+202E, which must be percent-encoded"),
      ("https://[::1", "its address lacks a ']'"), ("https://[", "its address lacks a ']'"),
      ("https://[::1]x", "its port is malformed"), ("https://[]", "its address is not an IPv6 address"),
      ("https://[1.2.3.4]", "its address is not an IPv6 address"),
      ("https://[::g]", "its address is not an IPv6 address"),
      ("https://a\"b", "its host is malformed"), ("https://a]", "its host is malformed"),
      ("https://h:x", "its port is not a number from 1 to 65535"),
      ("https://h:+1", "its port is not a number from 1 to 65535"),
      ("https://h:0", "its port is not a number from 1 to 65535"),
      ("https://h:65536", "its port is not a number from 1 to 65535"),
      ("https://h:99999999999999999999", "its port is not a number from 1 to 65535"),
    ])
  func refused(written: String, reason: String) {
    #expect(throws: CheckedURL.Problem.invalid(reason)) { try CheckedURL(written, plaintext: .loopback) }
  }

  @Test(
    "http is only for loopback hosts, in their exact spelling",
    arguments: [
      ("localhost", true), ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("127.0.0.01", false),
      ("127.+0.0.1", false), ("127.0.0", false), ("127.0.0.1.", false), ("127.0.0.256", false), ("0127.0.0.1", false),
      ("128.0.0.1", false), ("127.0.0.1.example.com", false),
      ("127.0.0.0", true), ("127.00.0.1", false), ("127..0.1", false), ("127.0.0.", false), (".127.0.0.1", false),
      ("127.0.0.1.1", false), ("127.0.0.-1", false), ("127.0.0.1000", false), ("0.0.0.0", false), ("::2", false),
      ("localhost.", false), ("", false),
    ])
  func loopback(host: String, isLoopback: Bool) {
    #expect(CheckedURL.isLoopback(host) == isLoopback)
  }
}
