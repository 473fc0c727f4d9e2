// swift-tools-version: 6.1
import PackageDescription

/// Swift checks in each release build, too, that no class's property is changed while it is being
/// read. What allocates, indexes and calls most is spared that; tests run with the checks.
let withoutExclusivityChecks: [SwiftSetting] = [
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

/// The modules in the order data flows through them; a target imports only targets above it.
let package = Package(
  name: "nnsh",
  products: [
    .executable(name: "nnsh", targets: ["nnsh"]),
    // The language's parser, for editors and other tools; it needs the C library alone.
    .library(name: "Syntax", targets: ["Syntax"]),
  ],
  targets: [
    // The system's C library, under one name on every system.
    .target(name: "CPlatform"),
    .target(name: "Platform", dependencies: ["CPlatform"], exclude: ["README.md"]),
    // Opens the library when it is needed, whichever version there is.
    .target(name: "COneDNN"),
    .systemLibrary(
      name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno"])]),
    .target(name: "CPng", linkerSettings: [.linkedLibrary("png16")]),
    .target(name: "CJpeg"),
    .target(name: "CEditline", linkerSettings: [.linkedLibrary("edit")]),
    .target(name: "CResources", cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
    .target(
      name: "Tensors", dependencies: ["COneDNN", "CKernels", "Platform"], exclude: ["README.md"],
      swiftSettings: withoutExclusivityChecks),
    .target(
      name: "Operations", dependencies: ["Tensors", "CKernels"], exclude: ["README.md"],
      swiftSettings: withoutExclusivityChecks),
    // What a model in ONNX's form consists of: Networks writes and reads it, Files has its bytes.
    .target(name: "ONNX", dependencies: ["Tensors"], exclude: ["README.md"]),
    .target(
      name: "Graph", dependencies: ["Operations", "Tensors"], exclude: ["README.md"],
      swiftSettings: withoutExclusivityChecks),
    .target(
      name: "Networks",
      dependencies: ["Graph", "ONNX", "Operations", "Tensors", "CKernels", "Platform"],
      exclude: ["README.md"],
      swiftSettings: withoutExclusivityChecks),
    // Opens MPI under a launcher alone.
    .target(name: "CMessagePassing"),
    .target(
      name: "MessagePassing", dependencies: ["CMessagePassing", "Networks", "Tensors", "Platform"],
      exclude: ["README.md"]),
    .target(name: "Syntax", exclude: ["README.md"]),
    .target(
      name: "Files",
      dependencies: ["ONNX", "Syntax", "Tensors", "CZlib", "CPng", "CJpeg", "Platform"],
      exclude: ["README.md"]),
    .target(
      name: "Datasets",
      dependencies: ["Files", "Syntax", "Tensors", "CResources", "Platform"],
      exclude: ["Resources", "README.md"]),
    .target(
      name: "Language",
      dependencies: [
        "Syntax", "Tensors", "Operations", "Graph", "ONNX", "Networks", "Files", "Datasets",
        "Platform",
      ],
      exclude: ["README.md"],
      swiftSettings: withoutExclusivityChecks),
    .target(
      name: "Library",
      dependencies: [
        "Language", "Syntax", "Tensors", "Operations", "ONNX", "Networks", "Files", "Datasets",
        "Platform",
      ],
      exclude: ["README.md"], resources: [.embedInCode("prelude.nns")],
      swiftSettings: withoutExclusivityChecks),
    .target(
      name: "Console", dependencies: ["Syntax", "Tensors", "Platform"], exclude: ["README.md"]),
    .target(
      name: "Derivation",
      dependencies: [
        "Console", "Language", "Library", "Syntax", "Tensors", "Operations", "Networks",
      ],
      exclude: ["README.md"]),
    .target(
      name: "Checking",
      dependencies: [
        "Language", "Library", "Syntax", "Tensors", "Operations", "Networks", "Platform",
      ],
      exclude: ["README.md"]),
    .target(
      name: "Explaining",
      dependencies: ["Derivation", "Language", "Library", "Syntax", "Tensors", "Operations"],
      exclude: ["README.md"]),
    .target(
      name: "Plot",
      dependencies: ["Console", "Files", "Language", "Syntax", "Tensors", "Platform"],
      exclude: ["README.md"]),
    .target(
      name: "Prompt",
      dependencies: ["Console", "Files", "Syntax", "Tensors", "CEditline", "Platform"],
      exclude: ["README.md"]),
    .target(
      name: "Shell",
      dependencies: [
        "Prompt", "Plot", "Console", "MessagePassing", "Explaining", "Checking", "Derivation",
        "Library", "Language", "Datasets", "Files", "Networks", "Graph", "ONNX", "Operations",
        "Tensors", "Syntax", "CEditline", "Platform",
      ],
      exclude: ["README.md", "Lessons/Scripts"],
      resources: [.embedInCode("Notices/NOTICE.txt")], plugins: ["EmbedLessons"]),
    .target(
      name: "Serving",
      dependencies: [
        "Shell", "Prompt", "Console", "Language", "Files", "Tensors", "Syntax", "Platform",
      ],
      exclude: ["README.md"]),
    // Make the lessons, a script each, a part of the program.
    .executableTarget(name: "embed-lessons", dependencies: ["Platform"]),
    .plugin(
      name: "EmbedLessons", capability: .buildTool(), dependencies: ["embed-lessons"]),
    .executableTarget(name: "nnsh", dependencies: ["Serving", "Shell", "Platform"]),

    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "CKernels"], exclude: ["Fixtures"]),
    .testTarget(name: "GraphTests", dependencies: ["Graph", "Library", "Operations", "Tensors"]),
    .testTarget(name: "NetworksTests", dependencies: ["Graph", "Networks", "ONNX", "Operations"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "ONNX"], exclude: ["Fixtures"]),
    .testTarget(name: "SyntaxTests", dependencies: ["Syntax"]),
    .testTarget(name: "LanguageTests", dependencies: ["Library", "ValueElements"]),
    .testTarget(
      name: "LibraryTests", dependencies: ["Library", "ValueElements"], exclude: ["Fixtures"]),
    .testTarget(name: "DerivationTests", dependencies: ["Derivation", "Shell"]),
    .testTarget(
      name: "CheckingTests", dependencies: ["Checking", "Shell"],
      exclude: ["Corpus", "Fixtures", "Verdicts"]),
    .testTarget(name: "ExplainingTests", dependencies: ["Explaining", "Shell"]),
    .testTarget(name: "PlotTests", dependencies: ["Console", "Files", "Plot"]),
    .testTarget(name: "PromptTests", dependencies: ["Prompt", "BinaryUnderTest"]),
    // Not a test, but what finds the inputs for new ones: see its README.
    .target(name: "FuzzProbes", path: "Tests/FuzzProbes"),
    .executableTarget(
      name: "nnsh-fuzz",
      dependencies: [
        "Serving", "Shell", "Prompt", "Console", "Library", "Language", "Files", "Datasets",
        "Tensors", "Syntax", "Platform",
        "FuzzProbes", "BinaryUnderTest", "nnsh",
      ],
      path: "Tests/Fuzz", exclude: ["README.md", "Corpus"]),
    // The numbers in a value, for the tests that compare them.
    .target(name: "ValueElements", dependencies: ["Language"], path: "Tests/ValueElements"),
    // Finds and runs the binary of the same build.
    .target(
      name: "BinaryUnderTest", dependencies: ["Platform"], path: "Tests/BinaryUnderTest"),
    .testTarget(
      name: "ServingTests",
      dependencies: ["Serving", "Shell", "Console", "Files", "BinaryUnderTest", "nnsh"]),
    .testTarget(
      name: "ShellTests", dependencies: ["Shell", "BinaryUnderTest", "nnsh"], exclude: ["Corpus"]),
    .testTarget(
      name: "GoldenTests", dependencies: ["nnsh", "BinaryUnderTest"],
      exclude: ["Scripts", "Oracle", "Comparison", "Foreign"]),
    .testTarget(name: "TerminalTests", dependencies: ["nnsh", "BinaryUnderTest"]),
    .testTarget(name: "FuzzTests", dependencies: ["nnsh-fuzz", "nnsh", "BinaryUnderTest"]),
  ],
  swiftLanguageModes: [.v6]
)
