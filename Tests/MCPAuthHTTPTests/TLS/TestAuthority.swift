import Foundation
import NIOSSL
import Testing

/// A certificate authority in a temporary folder, made with the `openssl` command.
final class TestAuthority: Sendable {
  struct Failure: Error {
    var words: String
  }

  private let folder: URL

  /// The PEM of the authority's own certificate.
  let certificate: [UInt8]
  var certificatePath: String { folder.appending(path: "ca.pem").path }

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "mcpauth-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.openssl(
      in: folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
      "-subj", "/CN=Test Authority", "-keyout", "ca.key", "-out", "ca.pem")
    certificate = Array(try Data(contentsOf: folder.appending(path: "ca.pem")))
    // Files for `openssl ca`, the only command that can set any dates in a certificate.
    try Data().write(to: folder.appending(path: "index.txt"))
    try """
    [ca]
    default_ca = it
    [it]
    database = index.txt
    new_certs_dir = .
    rand_serial = yes
    default_md = sha256
    policy = any
    unique_subject = no
    copy_extensions = copy
    [any]
    commonName = supplied
    """.write(to: folder.appending(path: "ca.cnf"), atomically: true, encoding: .utf8)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// A server's TLS context.
  ///
  /// - Parameters:
  ///   - names: `DNS:localhost,IP:127.0.0.1`; nil for a certificate without the extension.
  ///   - dates: the first and last moment at which the certificate is valid, as `YYYYMMDDHHMMSSZ`.
  ///   - protocols: for ALPN.
  func server(
    names: String?, subject: String = "/CN=server",
    dates: (String, String) = ("20200101000000Z", "20991231000000Z"), protocols: [String] = []
  ) throws -> NIOSSLContext {
    try context(issue(subject: subject, names: names, dates: dates), protocols: protocols)
  }

  func certificate(subject: String, names: String?) throws -> NIOSSLCertificate {
    let name = try issue(subject: subject, names: names, dates: ("20200101000000Z", "20991231000000Z"))
    return try #require(NIOSSLCertificate.fromPEMFile(folder.appending(path: "\(name).pem").path).first)
  }

  /// - Returns: the name of the certificate's files.
  private func issue(subject: String, names: String?, dates: (String, String)) throws -> String {
    let name = UUID().uuidString
    try Self.openssl(
      in: folder,
      ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject]
        + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? [])
        + ["-keyout", "\(name).key", "-out", "\(name).csr"])
    try Self.openssl(
      in: folder, "ca", "-batch", "-config", "ca.cnf", "-keyfile", "ca.key", "-cert", "ca.pem", "-in", "\(name).csr",
      "-startdate", dates.0, "-enddate", dates.1, "-notext", "-out", "\(name).pem")
    return name
  }

  /// A server with a self-signed certificate.
  func selfSignedServer(names: String) throws -> NIOSSLContext {
    let name = UUID().uuidString
    try Self.openssl(
      in: folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
      "-subj", "/CN=server", "-addext", "subjectAltName=\(names)", "-keyout", "\(name).key", "-out", "\(name).pem")
    return try context(name, protocols: [])
  }

  private func context(_ name: String, protocols: [String]) throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMFile(folder.appending(path: "\(name).pem").path)
    let key = try NIOSSLPrivateKey(file: folder.appending(path: "\(name).key").path, format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.applicationProtocols = protocols
    return try NIOSSLContext(configuration: configuration)
  }

  private static func openssl(in folder: URL, _ arguments: String...) throws {
    try openssl(in: folder, arguments)
  }

  private static func openssl(in folder: URL, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.currentDirectoryURL = folder
    let errors = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let words = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(words: String(decoding: words, as: UTF8.self))
    }
  }
}
