import Platform

// `embed-lessons OUTPUT SCRIPT…` writes the bytes of scripts as Swift code, in their order.

/// What is in a file.
func bytes(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 65_536)
  while case let count = fread(&block, 1, block.count, file), count > 0 {
    bytes += block[..<count]
  }
  return bytes
}

/// Says what went wrong and ends the program.
func fail(_ message: String) -> Never {
  perror("embed-lessons: \(message)")
  exit(1)
}

var code = "enum LessonScripts {\n  static let all: [[UInt8]] = [\n"
for path in CommandLine.arguments.dropFirst(2) {
  guard let bytes = bytes(of: path) else { fail("cannot read \(path)") }
  code += "    \(bytes),\n"
}
code += "  ]\n}\n"
guard CommandLine.arguments.count > 1, let output = fopen(CommandLine.arguments[1], "wb"),
  fputs(code, output) >= 0, fclose(output) == 0
else { fail("cannot write its output") }
