import Console
import Language
import Syntax
import Tensors

extension Command {
  /// Code in files and code to look at.
  static let code: [Command] = [run, use, source, time]

  static let run = Command(
    "run", "runs a script in this session",
    details: "What it defines stays. A relative path starts from the working directory.",
    arguments: [.slot("path", .path, "the script")], seeAlso: ["use", "source", "transcript"]
  ) { context in
    try context.session.runFile(try context.requiredWord("path"), on: context.machine)
    return nil
  }

  static let use = Command(
    "use", "runs a file of functions in a scope of its own and gives a record of what it defines",
    details: """
      The file sees the builtins and not the variables here; what it defines is reached as \
      NAME.f(x). It runs once: a second `use` gives the same record. A relative path starts from the \
      folder of the file that the command stands in. It stands outside blocks and functions.
      """,
    arguments: [
      .slot("path", .path, "the file"),
      .slot("name", after: "as", .topic, "what the record is called"),
    ],
    seeAlso: ["run"],
    isTopLevel: true
  ) { context in
    let path = try context.requiredWord("path")
    let value = try context.session.usedFiles.use(
      path, from: context.command.source.name, context.session, on: context.machine)
    try context.define(try context.requiredWord("name"), value)
    return nil
  }

  static let source = Command(
    "source", "shows how a function is written",
    arguments: [.slot("name", .topic, "a function's name")],
    examples: [
      .init("fn double(x) = 2 * x\nsource double", "fn double(x) = 2 * x"),
      .init("source relu", nil),
    ],
    seeAlso: ["help", "run"]
  ) { context in
    let name = try context.requiredWord("name")
    context.page([try SourceListing.text(of: name, context)])
    return nil
  }

  static let time = Command(
    "time", "evaluates an expression and tells how long it took",
    details: """
      The value is shown as usual. The time goes to standard error, and below it what it was spent \
      on: matrix products, elementwise work and so on, each with its operations a second and their \
      share of the peak that the processor reaches here and now in Float32 multiply-adds.
      """,
    arguments: [.slot("expression", .any, "what to evaluate")], result: "the expression's value",
    examples: [.init("time sum(ones(1000, 1000))", "1000000")], seeAlso: ["describe"]
  ) { context in
    let start = MonotonicClock.now()
    let (value, entries) = try Profile.watch { try context.requiredValue("expression") }
    let seconds = MonotonicClock.now() - start
    context.echo(value)
    context.note("\(NumberForm.duration(seconds))")
    for line in TimeTable.lines(of: entries, seconds: seconds) { context.note(line) }
    return value
  }
}

/// What `source` shows.
private enum SourceListing {
  static func text(of name: String, _ context: CommandContext) throws -> String {
    if let value = context.machine.value(at: name) {
      guard case .function(let function) = value else {
        throw RuntimeError.other(
          "\(name) is a \(value.kindName), not a function", hint: "\(name) alone shows its value")
      }
      if let definition = function.definition {
        return definition.source.text(in: definition.span)
      }
      if let builtin = function.builtin { return describe(builtin.declaration) }
      return value.display()
    }
    if let builtin = Builtin.named(name) { return describe(builtin.declaration) }
    if let command = Command.named(name) {
      return "\(name) is a command: \(command.declaration.summary)\n\(command.usage)"
    }
    let near = nearest(
      name, among: Builtin.allNames + context.machine.globals.userDefined.map(\.name))
    throw RuntimeError.other(
      "unknown name \(name)",
      hint: near.isEmpty ? nil : "did you mean \(near.joined(separator: " or "))?")
  }

  private static func describe(_ declaration: Declaration) -> String {
    var text = "\(declaration.signature) is built in: \(declaration.summary)"
    if !declaration.details.isEmpty { text += "\n" + declaration.details }
    return text
  }
}
