import Syntax

/// The commands that the tests know; forms as those of nnsh.
let testCommands: [String: CommandSyntax] = {
  let all = [
    CommandSyntax(
      name: "load",
      slots: [
        CommandSyntax.Slot("source", .path),
        CommandSyntax.Slot("name", after: "as", .word([]), isOptional: true),
      ]),
    CommandSyntax(
      name: "save",
      slots: [
        CommandSyntax.Slot("value", .expression), CommandSyntax.Slot("path", after: "to", .path),
      ]),
    CommandSyntax(
      name: "train",
      slots: [
        CommandSyntax.Slot("net", .expression),
        CommandSyntax.Slot("data", after: "on", .expression, isOptional: true),
      ],
      options: [
        CommandSyntax.Option("epochs"), CommandSyntax.Option("batch", .expressionOrWord(["full"])),
        CommandSyntax.Option("rate"), CommandSyntax.Option("momentum"),
        CommandSyntax.Option("reduction", .word(["mean", "sum"])),
      ]),
    CommandSyntax(
      name: "test",
      slots: [
        CommandSyntax.Slot("net", .expression),
        CommandSyntax.Slot("split", after: "on", .expression),
      ]),
    CommandSyntax(
      name: "step",
      slots: [
        CommandSyntax.Slot("net", .expression),
        CommandSyntax.Slot("data", after: "on", .expression),
        CommandSyntax.Slot("count", .expression, isOptional: true),
      ]),
    CommandSyntax(
      name: "show",
      slots: [
        CommandSyntax.Slot("value", .expressionOrWord(["mistakes"])),
        CommandSyntax.Slot("net", after: "of", .expression, isOptional: true),
        CommandSyntax.Slot("split", after: "on", .expression, isOptional: true),
        CommandSyntax.Slot("count", .expression, isOptional: true),
      ]),
    CommandSyntax(
      name: "plot",
      slots: [
        CommandSyntax.Slot("values", .expression, isVariadic: true),
        CommandSyntax.Slot("path", after: "to", .path, isOptional: true),
      ],
      options: ["title", "x", "y"].map { CommandSyntax.Option($0) }),
    CommandSyntax(
      name: "derive",
      slots: [
        CommandSyntax.Slot("loss", .expression),
        CommandSyntax.Slot("variables", after: "wrt", .expression, isVariadic: true),
        CommandSyntax.Slot("path", after: "to", .path, isOptional: true),
      ]),
    CommandSyntax(
      name: "check",
      slots: [
        CommandSyntax.Slot("gradient", .expression),
        CommandSyntax.Slot("loss", after: "against", .expression),
        CommandSyntax.Slot("variable", after: "wrt", .expression),
      ]),
    CommandSyntax(
      name: "explain", slots: [CommandSyntax.Slot("value", .expressionOrWord(["nan"]))]),
    CommandSyntax(name: "time", slots: [CommandSyntax.Slot("value", .expression)]),
    CommandSyntax(name: "seed", slots: [CommandSyntax.Slot("number", .expression)]),
    CommandSyntax(name: "who", slots: []),
    CommandSyntax(name: "run", slots: [CommandSyntax.Slot("path", .path)]),
    CommandSyntax(
      name: "clear",
      slots: [CommandSyntax.Slot("names", .word([]), isOptional: true, isVariadic: true)]),
    CommandSyntax(
      name: "set",
      slots: [
        CommandSyntax.Slot("option", .word(["hints", "digits"])),
        CommandSyntax.Slot("value", .text),
      ]),
    CommandSyntax(
      name: "transcript",
      slots: [
        CommandSyntax.Slot("state", .word(["off"]), isOptional: true),
        CommandSyntax.Slot("path", after: "on", .path, isOptional: true),
      ]),
    CommandSyntax(name: "help", slots: [CommandSyntax.Slot("topic", .text, isOptional: true)]),
  ]
  return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}()

/// The statements of a text as S-expressions, or `error: …`.
func parsed(_ text: String) -> String {
  do throws(Diagnostic) {
    let statements = try Parser.parse(SourceText(text, name: "t.nns"), commands: testCommands)
    return statements.map(\.dump).joined(separator: " | ")
  } catch {
    return "error: " + error.message
  }
}

/// The first syntax error of a text.
func syntaxError(_ text: String) -> Diagnostic? {
  do throws(Diagnostic) {
    _ = try Parser.parse(SourceText(text, name: "t.nns"), commands: testCommands)
    return nil
  } catch {
    return error
  }
}
