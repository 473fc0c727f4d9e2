import Console
import Syntax

/// What nnsh was asked to do.
package struct CommandLine: Sendable, Equatable {
  /// Where the code comes from.
  package enum Source: Sendable, Equatable {
    /// The prompt, or standard input where it is no terminal.
    case standard
    case file(String)
    case code(String)
    /// A script shown to an audience.
    case demonstration(String)
    /// Scripts to be looked through without running them.
    case checked([String])
    /// Scripts to be run as tests.
    case tested([String])
    /// What another program asks for.
    case service(Service)

    /// Whether code runs for its own sake.
    var isRun: Bool {
      switch self {
      case .checked, .tested, .service: false
      default: true
      }
    }

    /// The same with one more script; nil where it takes none.
    func adding(_ path: String) -> Source? {
      switch self {
      case .checked(let paths): .checked(paths + [path])
      case .tested(let paths): .tested(paths + [path])
      default: nil
      }
    }
  }

  /// How nnsh works for another program.
  package enum Service: Sendable, Hashable {
    /// Requests and events, a line of JSON each.
    case requests
    /// The Language Server Protocol.
    case languageServer
  }

  package var source = Source.standard
  /// What stands after the file or code: `args`.
  package var arguments: [String] = []
  package var isInteractive = false
  package var isQuiet = false
  package var runsStartupFile = true
  package var keepsHistory = true
  package var color = Terminal.ColorChoice.auto
  package var threads: Int?
  package var seed: UInt64?
  package var keepsGoing = false
  package var showsVersion = false
  package var showsLicenses = false
  package var showsHelp = false
  /// What is to be made from the registry and printed.
  package var generated: GeneratedText?

  package init() {}

  /// A line that cannot be understood.
  package struct UsageError: Error, Equatable {
    package let message: String
    package let hint: String
  }

  /// Reads the words after the program's name.
  ///
  /// Options stand before the file; what follows the file, or CODE, is the script's own.
  ///
  /// - Throws: `UsageError`, for exit code 2.
  package init(parsing words: [String]) throws(UsageError) {
    self.init()
    var rest = words[...]
    while let word = rest.first {
      if word == "--" {
        rest.removeFirst()
        break
      }
      if word == "-" || !word.hasPrefix("-") {
        guard let more = source.adding(word) else { break }
        source = more
        rest.removeFirst()
        continue
      }
      rest.removeFirst()
      if word.hasPrefix("--") {
        try parseLong(String(word.dropFirst(2)), &rest)
      } else {
        try parseLetters(word.dropFirst(), &rest)
      }
    }
    if case .standard = source, let file = rest.popFirst() { source = .file(file) }
    while let more = rest.first.flatMap(source.adding) {
      source = more
      rest.removeFirst()
    }
    if case .service = source, let word = rest.first {
      throw UsageError(
        message: "nothing to do with \(word): what runs comes through standard input",
        hint: "write --serve and --lsp without a file")
    }
    arguments = Array(rest)
  }

  private mutating func parseLong(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    guard let option = CommandLineOption.all.first(where: { $0.name == name }) else {
      let near = nearest(name, among: CommandLineOption.all.map(\.name), limit: 1).first
      throw UsageError(
        message: "no option --\(name)",
        hint: near.map { "did you mean --\($0)?" } ?? "nnsh --help lists the options")
    }
    let given = parts.count > 1 ? String(parts[1]) : nil
    guard option.argument != nil else {
      if given != nil {
        throw UsageError(message: "--\(name) takes no argument", hint: "write --\(name)")
      }
      return try apply(option, "")
    }
    if let given { return try apply(option, given) }
    try apply(option, argument(of: option, "--\(name)", &rest))
  }

  private mutating func parseLetters(
    _ letters: Substring, _ rest: inout ArraySlice<String>
  ) throws(UsageError) {
    var letters = letters
    while let letter = letters.popFirst() {
      guard let option = CommandLineOption.all.first(where: { $0.letters.contains(letter) }) else {
        throw UsageError(message: "no option -\(letter)", hint: "nnsh --help lists the options")
      }
      guard option.argument != nil else {
        try apply(option, "")
        continue
      }
      if !letters.isEmpty { return try apply(option, String(letters)) }
      return try apply(option, argument(of: option, "-\(letter)", &rest))
    }
  }

  private func argument(
    of option: CommandLineOption, _ spelling: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let next = rest.popFirst() else {
      let name = option.argument ?? ""
      throw UsageError(
        message: "\(spelling) needs \(name)", hint: "write \(spelling) \(option.example)")
    }
    return next
  }

  private mutating func apply(
    _ option: CommandLineOption, _ argument: String
  ) throws(UsageError) {
    if !option.choices.isEmpty, !option.choices.contains(argument) {
      throw UsageError(
        message: "--\(option.name) cannot be \(argument.isEmpty ? "empty" : argument)",
        hint: "it is one of " + option.choices.joined(separator: ", "))
    }
    switch option.effect {
    case .code: try add(.code(argument), option)
    case .demo: try add(.demonstration(argument), option)
    case .check: try add(.checked([argument]), option)
    case .test: try add(.tested([argument]), option)
    case .serve: try add(.service(.requests), option)
    case .languageServer: try add(.service(.languageServer), option)
    case .interactive: isInteractive = true
    case .quiet: isQuiet = true
    case .noStartupFile: runsStartupFile = false
    case .noHistory: keepsHistory = false
    case .color: color = Terminal.ColorChoice(rawValue: argument) ?? .auto
    case .threads: threads = Int(try whole(argument, option, within: 1...1024))
    case .seed: seed = try whole(argument, option, within: 0...UInt64.max)
    case .keepGoing: keepsGoing = true
    case .version: showsVersion = true
    case .licenses: showsLicenses = true
    case .help: showsHelp = true
    case .generate: generated = GeneratedText(rawValue: argument)
    }
  }

  private func whole(
    _ text: String, _ option: CommandLineOption, within range: ClosedRange<UInt64>
  ) throws(UsageError) -> UInt64 {
    guard let number = UInt64(text), range.contains(number) else {
      let shown = text.isEmpty ? "nothing" : text
      throw UsageError(
        message: "--\(option.name) takes a whole number from \(range.lowerBound) to "
          + "\(range.upperBound), not \(shown)",
        hint: "write --\(option.name) \(option.example)")
    }
    return number
  }

  /// Takes the code that an option gives; that of several -c runs in their order.
  private mutating func add(
    _ given: Source, _ option: CommandLineOption
  ) throws(UsageError) {
    switch (source, given) {
    case (.standard, _): source = given
    case (.code(let before), .code(let code)): source = .code(before + "\n" + code)
    case (.checked(let paths), .checked(let more)): source = .checked(paths + more)
    case (.tested(let paths), .tested(let more)): source = .tested(paths + more)
    default:
      throw UsageError(
        message: "--\(option.name) is given beside other code",
        hint: "write one of -c CODE, --demo FILE, --check FILE, --test FILE, --serve and --lsp")
    }
  }
}
