import Language
import Syntax

/// A verb of the shell.
///
/// Each is one `static let` in the file of its group under `Commands/`; `Command.all` gathers them.
/// Its arguments are written down once, as `Argument`s: what the parser must know of them
/// (`syntax`) and what help, completion and the manual tell (`declaration`) both derive from these.
package struct Command: Sendable {
  /// What a command does; its value, if it has one, becomes `ans`.
  package typealias Body = @Sendable (CommandContext) throws -> Value?

  package let declaration: Declaration
  package let syntax: CommandSyntax
  package let arguments: [Argument]
  package let body: Body

  /// A place for an argument, or an option.
  package struct Argument: Sendable {
    package let parameter: Parameter
    /// The word before it: `on`, `to`; nil for none.
    package let keyword: String?
    /// Whether it is written `name=value`, after the others.
    package let isOption: Bool
    /// Bare words that may stand in place of an expression: `batch=full`.
    package let words: [String]
    /// What other tools call it, for who writes that instead.
    package let misnomers: [String]
    /// Whether all that is left of the line belongs to it: a word of several, as `learning rate`.
    package let takesLine: Bool

    /// A place in the command's sentence.
    package static func slot(
      _ name: String, after keyword: String? = nil, _ kind: Parameter.Kind,
      default defaultValue: Parameter.Default? = nil, isVariadic: Bool = false,
      words: [String] = [], takesLine: Bool = false, _ summary: String
    ) -> Argument {
      Argument(
        parameter: Parameter(
          name, kind, default: defaultValue, isVariadic: isVariadic, summary),
        keyword: keyword, isOption: false, words: words, misnomers: [], takesLine: takesLine)
    }

    /// `name=value`.
    package static func option(
      _ name: String, _ kind: Parameter.Kind, default defaultValue: Parameter.Default,
      words: [String] = [], misnomers: [String] = [], _ summary: String
    ) -> Argument {
      Argument(
        parameter: Parameter(name, kind, default: defaultValue, summary), keyword: nil,
        isOption: true, words: words, misnomers: misnomers, takesLine: false)
    }

    /// How it stands in the usage: `on DATA`, `epochs=10`.
    package var writtenName: String {
      if isOption { return parameter.optionText }
      let keyword = keyword.map { "\($0) " } ?? ""
      if parameter.kind == .block { return keyword + "{ … }" }
      return keyword + parameter.name.uppercased() + (parameter.isVariadic ? "…" : "")
    }

    /// How the parser reads it.
    var syntaxKind: CommandSyntax.Kind {
      if !words.isEmpty { return .expressionOrWord(words) }
      if takesLine { return .text }
      switch parameter.kind {
      case .path: return .path
      case .block: return .block
      case .topic: return .word([])
      case .choice(let choices): return .word(choices)
      case .string where !isOption: return .text
      default: return .expression
      }
    }
  }

  package init(
    _ name: String, aliases: [String] = [], _ summary: String,
    details: @autoclosure @escaping @Sendable () -> String = "", arguments: [Argument] = [],
    result: String = "", examples: [Declaration.Example] = [],
    seeAlso: [String] = [], isTopLevel: Bool = false, _ body: @escaping Body
  ) {
    declaration = Declaration(
      name, aliases: aliases, group: .commands, summary, details: details(),
      parameters: arguments.map(\.parameter), result: result, examples: examples,
      seeAlso: seeAlso)
    syntax = CommandSyntax(
      name: name,
      slots: arguments.filter { !$0.isOption }.map {
        CommandSyntax.Slot(
          $0.parameter.name, after: $0.keyword, $0.syntaxKind,
          isOptional: $0.parameter.defaultValue != nil, isVariadic: $0.parameter.isVariadic)
      },
      options: arguments.filter(\.isOption).map {
        CommandSyntax.Option($0.parameter.name, $0.syntaxKind, misnomers: $0.misnomers)
      }, givesValue: !result.isEmpty, isTopLevel: isTopLevel)
    self.arguments = arguments
    self.body = body
  }

  /// How it is written, with the options' defaults:
  /// `train NET [on DATA] [epochs=10 batch=128 …]`.
  package var usage: String {
    var parts = [declaration.name]
    for argument in arguments where !argument.isOption {
      let place = argument.writtenName
      parts.append(argument.parameter.defaultValue == nil ? place : "[\(place)]")
    }
    let options = arguments.filter(\.isOption).map(\.parameter.optionText)
    if !options.isEmpty { parts.append("[" + options.joined(separator: " ") + "]") }
    return parts.joined(separator: " ")
  }
}

extension Parameter {
  /// `epochs=10`; without the value where it has none to name.
  var optionText: String {
    switch defaultValue {
    case nil, .some(.none), .computed: "\(name)="
    case .string(let text): "\(name)=\(text)"
    case .some(let value): "\(name)=\(value.text)"
    }
  }
}
