// swift-tools-version: 6.2
import PackageDescription

/// What every target is built with. See also `.swift-format` and `Tests/run`, which adds
/// `-warnings-as-errors` and `--explicit-target-dependency-import-check error`.
let sourceSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Test targets leave `NonisolatedNonsendingByDefault` off: tests run in parallel, off any actor.
let testSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "mcpauth",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "mcpauth", targets: ["MCPAuthTool"]),
    .executable(name: "mcpauth-sandbox", targets: ["MCPAuthSandboxTool"]),
    .library(name: "MCPAuth", targets: ["MCPAuth"]),
    .library(name: "MCPAuthCore", targets: ["MCPAuthCore"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
  ],
  targets: [
    // The system's libyaml (`apt-get install libyaml-dev`).
    .systemLibrary(
      name: "CLibYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),

    // Pure: no async, no files, no clock, no randomness.
    .target(
      name: "MCPAuthCore",
      dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthYAML", dependencies: ["CLibYAML"],
      swiftSettings: sourceSettings + [.strictMemorySafety()]),
    .target(
      name: "MCPAuthPlan", dependencies: ["MCPAuthCore", "MCPAuthYAML"],
      swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthExport", dependencies: ["MCPAuthCore", "MCPAuthPlan", "MCPAuthYAML"],
      swiftSettings: sourceSettings),

    // Pure but for its random numbers: the age v1 format.
    .target(
      name: "AgeFormat",
      dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: sourceSettings),

    // Async, over ports.
    .target(name: "MCPAuth", dependencies: ["MCPAuthCore"], swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthReconciler", dependencies: ["MCPAuth", "MCPAuthCore", "MCPAuthPlan"],
      swiftSettings: sourceSettings),

    // Live adapters.
    .target(
      name: "MCPAuthHTTP",
      dependencies: [
        "MCPAuth", "MCPAuthCore",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthStores",
      dependencies: [
        "AgeFormat", "MCPAuth", "MCPAuthCore", "MCPAuthPlan", "MCPAuthReconciler",
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: sourceSettings),

    // The command, in layers: what is printed and how, what is read, text for people, the commands.
    .target(name: "MCPAuthToolOutput", dependencies: ["MCPAuthCore"], swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthToolInput",
      dependencies: ["MCPAuthCore", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthToolOutput"],
      swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthToolRendering",
      dependencies: ["MCPAuth", "MCPAuthCore", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthToolOutput"],
      swiftSettings: sourceSettings),
    .target(
      name: "MCPAuthToolCommands",
      dependencies: [
        "AgeFormat", "MCPAuthCore", "MCPAuthExport", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthToolInput",
        "MCPAuthToolOutput", "MCPAuthToolRendering",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // Links to the files of `schemas/`, and to those of `examples/` that `mcpauth init` writes.
      resources: [.embedInCode("Schemas"), .embedInCode("Starters")],
      swiftSettings: sourceSettings),
    // Joins the commands and the live adapters.
    .executableTarget(
      name: "MCPAuthTool",
      dependencies: [
        "MCPAuth", "MCPAuthCore", "MCPAuthHTTP", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthStores",
        "MCPAuthToolCommands", "MCPAuthToolInput", "MCPAuthToolOutput",
      ],
      swiftSettings: sourceSettings),

    // Something to try it on: never linked into `mcpauth`.
    .target(
      name: "MCPAuthSandbox",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: sourceSettings),
    .executableTarget(
      name: "MCPAuthSandboxTool",
      dependencies: [
        "MCPAuthSandbox",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: sourceSettings),

    .testTarget(name: "MCPAuthCoreTests", dependencies: ["MCPAuthCore"], swiftSettings: testSettings),
    .testTarget(
      name: "AgeFormatTests", dependencies: ["AgeFormat", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: testSettings),
    .testTarget(name: "MCPAuthYAMLTests", dependencies: ["MCPAuthYAML"], swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthPlanTests", dependencies: ["MCPAuthCore", "MCPAuthPlan"],
      swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthExportTests", dependencies: ["MCPAuthCore", "MCPAuthExport", "MCPAuthPlan"],
      swiftSettings: testSettings),
    // The library as an embedder has it: nothing but the two products.
    .testTarget(name: "MCPAuthTests", dependencies: ["MCPAuth", "MCPAuthCore"], swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthReconcilerTests",
      dependencies: ["MCPAuth", "MCPAuthCore", "MCPAuthExport", "MCPAuthPlan", "MCPAuthReconciler"],
      swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthHTTPTests",
      dependencies: [
        "MCPAuth", "MCPAuthCore", "MCPAuthHTTP",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthStoresTests",
      dependencies: [
        "AgeFormat", "MCPAuth", "MCPAuthCore", "MCPAuthHTTP", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthStores",
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthSandboxTests",
      dependencies: ["MCPAuth", "MCPAuthCore", "MCPAuthHTTP", "MCPAuthSandbox", "MCPAuthSandboxTool"],
      swiftSettings: testSettings),
    .testTarget(
      name: "MCPAuthToolTests",
      dependencies: [
        "MCPAuthCore", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthToolCommands", "MCPAuthToolInput",
        "MCPAuthToolOutput", "MCPAuthToolRendering",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: testSettings),
    .testTarget(
      name: "EndToEnd",
      dependencies: ["MCPAuthCore", "MCPAuthSandbox", "MCPAuthTool", "MCPAuthToolRendering"], path: "Tests/EndToEnd",
      exclude: ["Inventory/golden", "chaos", "formats", "golden", "kill", "killing", "load", "transcripts"],
      swiftSettings: testSettings),
  ]
)

// Properties of the code that reads foreign bytes, built in two ways from one folder. As a test target, the tests replay the corpus and make up
// inputs. With MCPAUTH_FUZZ (`Tests/Fuzz/run`) it is a libFuzzer program, which needs flags and an entry point of its own. It has the properties of
// the transport only with MCPAUTH_FUZZ=transport, because SwiftNIO takes most of such a build.
let fuzzing = Context.environment["MCPAUTH_FUZZ"]
let fuzzesTransport = fuzzing == nil || fuzzing == "transport"
var fuzzed: [Target.Dependency] = [
  "AgeFormat", "MCPAuthCore", "MCPAuthExport", "MCPAuthPlan", "MCPAuthReconciler", "MCPAuthStores", "MCPAuthYAML",
]
var fuzzData = ["corpus", "dictionaries", "regressions", "run"]
var fuzzSettings = testSettings
if fuzzesTransport {
  fuzzed.append("MCPAuthHTTP")
  fuzzSettings.append(.define("FUZZES_TRANSPORT"))
} else {
  fuzzData += ["CertificateProperty", "HostProperty"].map { "Properties/\($0).swift" }
}
if fuzzing == nil {
  package.targets.append(
    .testTarget(
      name: "FuzzTests", dependencies: fuzzed, path: "Tests/Fuzz", exclude: fuzzData + ["Fuzzer"],
      swiftSettings: fuzzSettings))
} else {
  package.targets.append(
    .executableTarget(
      name: "MCPAuthFuzz", dependencies: fuzzed, path: "Tests/Fuzz", exclude: fuzzData + ["Tests"],
      swiftSettings: fuzzSettings))
  package.products.append(.executable(name: "mcpauth-fuzz", targets: ["MCPAuthFuzz"]))
}

// The plugin for `swift package generate-documentation`. A program that uses the libraries does not need it.
if Context.environment["MCPAUTH_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
