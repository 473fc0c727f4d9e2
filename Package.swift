// swift-tools-version: 6.1
import PackageDescription

/// The modules in the order data flows through them; a target imports only targets above it.
let package = Package(
  name: "nnsh",
  targets: [
    .systemLibrary(
      name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(
      name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(
      name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])],
      linkerSettings: [.linkedLibrary("gomp")]),
    .target(name: "CPng", linkerSettings: [.linkedLibrary("png16")]),
    .target(name: "CEditline", linkerSettings: [.linkedLibrary("edit")]),
    .target(name: "CResources", cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
    .target(
      name: "Tensors", dependencies: ["COneDNN", "CKernels"], exclude: ["README.md"]),
    .target(
      name: "Networks", dependencies: ["Tensors", "CKernels"], exclude: ["README.md"]),
    .target(
      name: "Datasets", dependencies: ["Tensors", "CZlib", "CPng", "CResources"],
      exclude: ["Resources", "README.md"]),
    .target(name: "Syntax", exclude: ["README.md"]),
    .target(
      name: "Runtime", dependencies: ["Syntax", "Tensors", "Networks", "Datasets"],
      exclude: ["README.md"], resources: [.embedInCode("prelude.nns")]),
    .target(name: "Teaching", dependencies: ["Runtime"], exclude: ["README.md"]),
    .target(
      name: "Shell", dependencies: ["Runtime", "Teaching", "CEditline"], exclude: ["README.md"],
      resources: [
        .embedInCode("Lessons/first_network.nns"), .embedInCode("Lessons/backpropagation.nns"),
      ]),
    .executableTarget(name: "nnsh", dependencies: ["Shell"]),

    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "CKernels"], exclude: ["Fixtures"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets"], exclude: ["Fixtures"]),
    .testTarget(name: "SyntaxTests", dependencies: ["Syntax"]),
    .testTarget(
      name: "RuntimeTests", dependencies: ["Runtime"], exclude: ["Fixtures"]),
    .testTarget(
      name: "TeachingTests", dependencies: ["Teaching", "Shell"],
      exclude: ["Corpus", "Fixtures", "Verdicts"]),
    // Not a test, but what finds the inputs for new ones: see its README.
    .target(name: "FuzzCoverage", path: "Tests/FuzzCoverage"),
    .executableTarget(
      name: "nnsh-fuzz", dependencies: ["Shell", "FuzzCoverage", "BinaryUnderTest", "nnsh"],
      path: "Tests/Fuzz", exclude: ["README.md", "Corpus"]),
    // Finds and runs the binary of the same build.
    .target(name: "BinaryUnderTest", path: "Tests/BinaryUnderTest"),
    .testTarget(name: "ShellTests", dependencies: ["Shell", "BinaryUnderTest", "nnsh"]),
    .testTarget(
      name: "GoldenTests", dependencies: ["nnsh", "BinaryUnderTest"],
      exclude: ["Scripts", "Oracle", "Comparison"]),
    .testTarget(name: "TerminalTests", dependencies: ["nnsh", "BinaryUnderTest"]),
    .testTarget(name: "FuzzTests", dependencies: ["nnsh-fuzz", "nnsh", "BinaryUnderTest"]),
  ],
  swiftLanguageModes: [.v6]
)
