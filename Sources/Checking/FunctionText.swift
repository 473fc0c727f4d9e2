import Language
import Syntax

/// Functions as they were written.
enum FunctionText {
  /// The tree of a user's function, with its spans in the text where it stands.
  static func literal(of function: Function, on machine: Machine) -> FunctionLiteral? {
    guard let (source, span) = function.definition, span.end <= source.bytes.count,
      span.start <= span.end
    else { return nil }
    // Blanks before it keep the offsets those of the whole text.
    let blanks = [UInt8](repeating: UInt8(ascii: " "), count: max(0, span.start))
    let text = SourceText(bytes: blanks + source.bytes[span.start..<span.end], name: source.name)
    guard let statements = try? Parser.parse(text, commands: machine.host.commandSyntax) else {
      return nil
    }
    switch statements.first?.kind {
    case .function(let literal): return literal
    case .expression(let expression):
      if case .function(let literal) = expression.kind { return literal }
    case .assignment(_, let value):
      if case .function(let literal) = value.kind { return literal }
    default: break
    }
    return nil
  }

  /// The user's global variables that an expression reads, itself or in the functions that it
  /// calls, in alphabetical order.
  static func globals(readBy expression: Expression, on machine: Machine) -> [String] {
    var pending = NameCollector(thunk: expression).free
    var seen: Set<String> = []
    var found: [String] = []
    while let name = pending.popFirst() {
      guard seen.insert(name).inserted, machine.globals.isUserDefined(name) else { continue }
      found.append(name)
      if case .function(let function)? = machine.globals[name],
        let literal = literal(of: function, on: machine)
      {
        pending.formUnion(NameCollector(function: literal).free)
      }
    }
    return found.sorted()
  }
}
