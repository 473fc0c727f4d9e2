import Language
import Library
import Syntax

/// Code that a checkpoint holds in place of a function, an optimizer, a schedule or data: names with
/// their fields and parts, records, arrows without a block, and calls of builtins that compute.
/// Nothing else is run: such code writes nothing.
enum CheckpointCode {
  private static let variable = "ℵ"

  /// What the code gives in this session.
  ///
  /// - Throws: where it is something else, or a name in it is not defined here.
  ///
  /// - Parameter allowingBlocks: whether a function may have a block, which runs when it is called.
  static func value(
    of code: String, on machine: Machine, allowingBlocks: Bool = false
  ) throws -> Value {
    // Read as it is run, with the session's commands: `quit` alone would be a name without them.
    let source = SourceText("\(variable) = (\(code))", name: "checkpoint")
    guard let statements = try? Parser.parse(source, commands: machine.host.commandSyntax),
      statements.count == 1, case .assignment(_, let expression) = statements[0].kind,
      isHarmless(expression) || allowingBlocks && isFunction(expression)
    else {
      throw RuntimeError.other(
        "the file holds code that a checkpoint does not hold: \(code.prefix(60))", hint: nil)
    }
    if case .name(let name) = expression.kind {
      if let value = machine.globals[name] { return value }
      throw RuntimeError.other(
        "the training has a function \(name), which is not here",
        hint: "define \(name) first: a file holds weights and no code")
    }
    defer { machine.globals.remove(variable) }
    try machine.run(try machine.compile(source))
    return machine.globals[variable] ?? .none
  }

  private static let computing: Set<Declaration.Group> =
    [.optimizers, .data, .make, .shape, .elementwise]

  /// The name at the beginning of `letters.train`; nil of other code.
  static func rootName(of code: String) -> String? {
    var expression = try? Parser.parseExpression(SourceText(code, name: "checkpoint"))
    while case .field(let owner, _)? = expression?.kind { expression = owner }
    if case .name(let name)? = expression?.kind { return name }
    return nil
  }

  private static func isFunction(_ expression: Expression) -> Bool {
    if case .function = expression.kind { true } else { false }
  }

  private static func isHarmless(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .none, .bool, .number, .string, .name: return true
    case .unary(_, let operand): return isHarmless(operand)
    case .function(let function):
      // An arrow's expression; a block could hold commands.
      guard function.name == nil, function.body.statements.count == 1,
        case .expression(let body) = function.body.statements[0].kind
      else { return false }
      return !holdsBlock(function) && body.isOfExpressionsAlone
    case .call(let callee, let arguments):
      guard case .name(let name) = callee.kind,
        let group = Builtin.named(name)?.declaration.group, computing.contains(group)
      else { return false }
      return arguments.allSatisfy { isHarmless($0.value) }
    case .field(let owner, _): return isHarmless(owner)
    case .index(let owner, let places):
      return isHarmless(owner)
        && places.allSatisfy { place in
          switch place {
          case .index(let index): isHarmless(index)
          case .slice(let start, let stop, let step, _):
            [start, stop, step].allSatisfy { $0.map(isHarmless) ?? true }
          case .ellipsis: true
          }
        }
    case .record(let fields): return fields.allSatisfy { isHarmless($0.value) }
    case .bracket(let parts), .list(let parts): return parts.allSatisfy(isHarmless)
    default: return false
    }
  }

  /// Whether a function's body is written between braces.
  private static func holdsBlock(_ function: FunctionLiteral) -> Bool {
    guard case .expression(let body) = function.body.statements[0].kind else { return true }
    // The span of a block has its braces, which an expression's has not.
    return function.body.span.start != body.span.start
  }
}

extension Expression {
  /// Whether the bodies of its functions and the branches of its `if`s, at any depth, hold no
  /// commands, loops or assignments.
  fileprivate var isOfExpressionsAlone: Bool {
    let (inner, blocks): ([Expression], [Block]) =
      switch kind {
      case .function(let function):
        (function.parameters.compactMap(\.defaultValue), [function.body])
      case .conditional(_, let then, let otherwise):
        (parts, [then] + (otherwise.map { [$0] } ?? []))
      default: (parts, [])
      }
    return inner.allSatisfy(\.isOfExpressionsAlone)
      && blocks.flatMap(\.statements).allSatisfy { statement in
        guard case .expression(let expression) = statement.kind else { return false }
        return expression.isOfExpressionsAlone
      }
  }
}
