import Files
import Language
import Tensors

/// Strings: their pieces, their letters, and files of text.
extension Builtin {
  static let textGroup: [Builtin] = [
    read, lines, join, chars, ord, chr, upper, lower, strip, replace, find, contains, startsWith,
    endsWith,
  ]

  private static let text = Parameter("s", .string, "a string")
  private static let part = Parameter("part", .string, "what to look for")

  static let read = Builtin(
    Declaration(
      "read", group: .text, "the text of a file, whatever its ending",
      details: "In UTF-8. A relative path starts from the working directory.",
      parameters: [Parameter("path", .string, "the file's path")], result: "a string",
      examples: [.init("save \"one\\ntwo\" to /tmp/lines.txt\nlines(read(\"/tmp/lines.txt\"))")],
      seeAlso: ["lines", "split"])
  ) { arguments, _ in
    .text(try TextFile.read(arguments.string(0)))
  }

  static let lines = Builtin(
    Declaration(
      "lines", group: .text, "the lines of a string, without their ends",
      details: "A line ends with \\n or \\r\\n; one at the very end opens no further line.",
      parameters: [text], result: "a list of strings",
      examples: [.init("lines(\"a\\nb\\n\")", "[\"a\", \"b\"]")],
      seeAlso: ["split", "read", "join"])
  ) { arguments, _ in
    .items(try arguments.text(0).lines())
  }

  static let join = Builtin(
    Declaration(
      "join", group: .text, "the strings of a list, one after the other",
      parameters: [
        Parameter("list", .sequence, "strings"),
        Parameter("sep", .string, default: .string(""), isAwaited: true, "what stands in between"),
      ],
      result: "a string",
      examples: [
        .init("join([\"a\", \"b\"], \", \")", "\"a, b\""),
        .init("map(str, 1...3) |> join(\"-\")", "\"1-2-3\""),
      ],
      seeAlso: ["split", "chars", "str"])
  ) { arguments, _ in
    .string(
      try TextBox.joined(arguments.sequence(0), separator: arguments.text(1)) { value in
        RuntimeError.other(
          "join: the elements must be strings, and one is \(value.kindPhrase)",
          hint: "write join(map(str, list), sep)")
      })
  }

  static let chars = Builtin(
    Declaration(
      "chars", group: .text, "the characters of a string",
      details: "A character is a Unicode code point.", parameters: [text],
      result: "a list of strings", examples: [.init("chars(\"abc\")", "[\"a\", \"b\", \"c\"]")],
      seeAlso: ["join", "ord", "counts"])
  ) { arguments, _ in
    .items(try arguments.sequence(0))
  }

  static let ord = Builtin(
    Declaration(
      "ord", group: .text, "the number of a character in Unicode",
      parameters: [Parameter("c", .string, "one character")], result: "a number",
      examples: [.init("ord(\"a\")", "97")], seeAlso: ["chr", "chars"]),
    direct: DirectCall {
      guard case .string(let box) = $0 else { return nil }
      if box.code >= 0 { return .number(Double(box.code)) }
      guard box.content.utf8.count == 1 else { return nil }
      return box.content.utf8.first.map { .number(Double($0)) }
    }
  ) { arguments, _ in
    let scalars = try arguments.string(0).unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else {
      throw arguments.mismatch(0, expected: "one character")
    }
    return .number(Double(scalar.value))
  }

  static let chr = Builtin(
    Declaration(
      "chr", group: .text, "the character of a number in Unicode",
      parameters: [Parameter("n", .integer, "from 0 to 1114111")], result: "a string",
      examples: [.init("chr(97)", "\"a\"")], seeAlso: ["ord"]),
    direct: DirectCall {
      guard case .number(let number) = $0, let code = Int(exactly: number),
        (0..<128).contains(code)
      else { return nil }
      return TextBox.character(ascii: code)
    }
  ) { arguments, _ in
    let number = try arguments.integer(0)
    if (0..<128).contains(number) { return TextBox.character(ascii: number) }
    guard let code = UInt32(exactly: number), let scalar = UnicodeScalar(code) else {
      throw RuntimeError.other("chr: \(number) is the number of no character", hint: nil)
    }
    return .text(String(scalar))
  }

  static let upper = changed("upper", "with capital letters", "\"aé\"", "\"AÉ\"") {
    $0.uppercased()
  }

  static let lower = changed("lower", "with small letters", "\"AÉ\"", "\"aé\"") {
    $0.lowercased()
  }

  private static func changed(
    _ name: String, _ summary: String, _ example: String, _ result: String,
    _ change: @escaping @Sendable (String) -> String
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .text, "a string " + summary, parameters: [text], result: "a string",
        examples: [.init("\(name)(\(example))", result)],
        seeAlso: [name == "upper" ? "lower" : "upper", "strip"]),
      direct: DirectCall {
        guard case .string(let box) = $0 else { return nil }
        return .text(change(box.content))
      }
    ) { arguments, _ in
      .text(change(try arguments.string(0)))
    }
  }

  static let strip = Builtin(
    Declaration(
      "strip", group: .text, "a string without the white space at both ends",
      parameters: [
        text,
        Parameter(
          "of", .string, default: .computed("white space"), "the characters to take away instead"),
      ],
      result: "a string",
      examples: [
        .init("strip(\"  a b \\n\")", "\"a b\""), .init("strip(\"--a-\", of=\"-\")", "\"a\""),
      ],
      seeAlso: ["split", "replace"]),
    direct: DirectCall(
      {
        guard case .string(let box) = $0, let (first, last) = box.outerBytes,
          (0x21..<0x80).contains(first), (0x21..<0x80).contains(last)
        else { return nil }
        return $0
      },
      two: { text, set in
        guard case .string(let text) = text, case .string(let set) = set else { return nil }
        return .string(text.stripped(of: CharacterSet(set)))
      })
  ) { arguments, _ in
    let set = arguments.isGiven(1) ? CharacterSet(try arguments.text(1)) : nil
    return .string(try arguments.text(0).stripped(of: set))
  }

  static let replace = Builtin(
    Declaration(
      "replace", group: .text, "a string with one part put in another's place, everywhere",
      parameters: [
        text, Parameter("old", .string, "what goes"), Parameter("new", .string, "what comes"),
      ],
      result: "a string", examples: [.init("replace(\"aXbX\", \"X\", \"-\")", "\"a-b-\"")],
      seeAlso: ["split", "find"]),
    direct: DirectCall(three: { text, old, new in
      guard case .string(let box) = text, case .string(let old) = old, case .string(let new) = new,
        old.byteCount > 0
      else { return nil }
      return try box.replacing(old, with: new).map { .string($0) } ?? text
    })
  ) { arguments, _ in
    let (text, old) = (try arguments.text(0), try arguments.text(1))
    guard old.byteCount > 0 else {
      throw RuntimeError.other("replace: old is empty", hint: nil)
    }
    return .string(try text.replacing(old, with: arguments.text(2)) ?? text)
  }

  static let find = Builtin(
    Declaration(
      "find", group: .text, "the position where a part of a string first stands; none if nowhere",
      parameters: [text, part], result: "a number or none",
      examples: [.init("find(\"banana\", \"na\")", "2")],
      seeAlso: ["contains", "replace", "starts_with"]),
    direct: DirectCall(two: { text, part in
      guard case .string(let text) = text, case .string(let part) = part else { return nil }
      return place(of: part, in: text)
    })
  ) { arguments, _ in
    place(of: try arguments.text(1), in: try arguments.text(0))
  }

  private static func place(of part: TextBox, in text: TextBox) -> Value {
    if part.byteCount == 0 { return .number(0) }
    guard let byte = text.firstByte(of: part) else { return .none }
    return .number(Double(text.position(ofByte: byte)))
  }

  static let contains = asked(
    "contains", "whether a part stands in a string", "contains(\"banana\", \"nan\")"
  ) { $0.contains($1) }

  static let startsWith = asked(
    "starts_with", "whether a string begins with a part", "starts_with(\"banana\", \"ba\")"
  ) { $0.starts(with: $1) }

  static let endsWith = asked(
    "ends_with", "whether a string ends with a part", "ends_with(\"banana\", \"na\")"
  ) { $0.ends(with: $1) }

  private static func asked(
    _ name: String, _ summary: String, _ example: String,
    _ answer: @escaping @Sendable (_ text: TextBox, _ part: TextBox) -> Bool
  ) -> Builtin {
    Builtin(
      Declaration(
        name, group: .text, summary, parameters: [text, part], result: "true or false",
        examples: [.init(example, "true")], seeAlso: ["find", "split"]),
      direct: DirectCall(two: { text, part in
        guard case .string(let text) = text, case .string(let part) = part else { return nil }
        return .bool(answer(text, part))
      })
    ) { arguments, _ in
      .bool(answer(try arguments.text(0), try arguments.text(1)))
    }
  }
}

extension Arguments {
  /// A string, as a value holds it.
  func text(_ index: Int) throws -> TextBox {
    guard case .string(let box) = self[index] else { throw mismatch(index, expected: "a string") }
    return box
  }

  /// The pieces of a string: between separators, or the words between white space where the
  /// parameter of the separator is left out.
  func pieces(of text: TextBox, separatedBy index: Int) throws -> [Value] {
    guard isGiven(index) else { return try text.words() }
    let separator = try self.text(index)
    guard separator.byteCount > 0 else {
      throw RuntimeError.other(
        "\(declaration.name): the separator is empty", hint: "chars(s) gives the characters")
    }
    return try text.pieces(separatedBy: separator)
  }
}
