import ArgumentParser
import MCPAuthCore
import MCPAuthPlan

/// The flags of a kv2 store, besides `--path`. Its token comes from the variable that `bao` uses too.
struct KV2Options: ParsableArguments {
  @Option(help: ArgumentHelp("The kv2 store; its token is in BAO_TOKEN.", valueName: "url"))
  var address: String?

  @Option(help: ArgumentHelp("The mount of the kv2 store, if it is not secret.", valueName: "path"))
  var mount: String?

  /// What is wrong with the flags; nil: nothing.
  ///
  /// - Parameter owner: how the flags of this store are called, as in `--store kv2`.
  func problem(isKV2: Bool, path: String?, owner: String) -> String? {
    guard isKV2 else {
      if address != nil { return "--address belongs to \(owner)" }
      return mount == nil ? nil : "--mount belongs to \(owner)"
    }
    if let address {
      do throws(CheckedURL.Problem) {
        guard try CheckedURL(address, plaintext: .loopback).query == nil else { return "--address: it has a query" }
      } catch {
        return "--address: it cannot be used: \(error.reason)"
      }
    }
    for (flag, text) in [("--mount", mount), ("--path", path)] {
      if let text, !KV2Settings.isPath(text) {
        return "\(flag): use names of letters, digits, '.', '_' and '-', with '/' between them"
      }
    }
    return nil
  }

  /// What is still to be given; nil: nothing.
  func missing(path: String?, owner: String) -> String? {
    if address == nil { return "\(owner) needs --address, as in --address https://bao.example.com:8200" }
    return path == nil ? "\(owner) needs --path, as in --path mcpauth/prod" : nil
  }

  /// nil if a flag is missing or wrong.
  func settings(path: String?) -> KV2Settings? {
    guard let path, let address, let url = try? CheckedURL(address, plaintext: .loopback) else { return nil }
    return KV2Settings(
      address: KV2Settings.base(url), mount: mount ?? KV2Settings.defaultMount, path: path,
      auth: KV2Auth(.token, credential: .env(Self.variable)))
  }

  static let variable = "BAO_TOKEN"
}
