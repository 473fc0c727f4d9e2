// swift-tools-version: 6.1
import PackageDescription

/// Another package that reads nnsh's language with the product `Syntax`.
let package = Package(
  name: "statements",
  dependencies: [.package(name: "nnsh", path: "../..")],
  targets: [
    .executableTarget(
      name: "statements", dependencies: [.product(name: "Syntax", package: "nnsh")])
  ]
)
