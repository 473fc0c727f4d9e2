import Language
import Operations
import Syntax

/// What a check is about: a gradient written by hand, the loss, and the variable between them.
package struct CheckSubject {
  /// An expression with the means to evaluate it.
  package struct Part {
    package let text: String
    package let expression: Expression
    package let source: SourceText
    package let evaluate: () throws -> Value
    /// Where it stands in the user's code, if that is not `expression` itself.
    package var written: (expression: Expression, source: SourceText)?

    package init(
      text: String, expression: Expression, source: SourceText,
      evaluate: @escaping () throws -> Value
    ) {
      self.text = text
      self.expression = expression
      self.source = source
      self.evaluate = evaluate
    }

    /// An argument of a command.
    package init(_ thunk: Thunk) {
      self.init(
        text: thunk.source.text(in: thunk.expression.span), expression: thunk.expression,
        source: thunk.source, evaluate: thunk.evaluate)
    }
  }

  /// A variable that can be replaced for a while.
  package struct Variable {
    package let name: String
    package let read: () throws -> Value
    package let write: (Value) throws -> Void
    /// The whole variable that it is or is part of, for putting it back.
    package let save: () -> Value
    package let restore: (Value) -> Void

    /// A part of another variable.
    init(
      name: String, read: @escaping () throws -> Value, write: @escaping (Value) throws -> Void,
      save: @escaping () -> Value, restore: @escaping (Value) -> Void
    ) {
      self.name = name
      self.read = read
      self.write = write
      self.save = save
      self.restore = restore
    }

    package init(_ place: Place) {
      name = place.description
      read = place.read
      write = place.write
      save = { place.rootValue }
      restore = { place.rootValue = $0 }
    }

    /// A global variable.
    package init(global name: String, of machine: Machine) {
      self.name = name
      read = {
        guard let value = machine.globals[name] else { throw RuntimeError.unknownName(name) }
        return value
      }
      write = { machine.globals[name] = $0 }
      save = { machine.globals[name] ?? .none }
      restore = { machine.globals[name] = $0 }
    }
  }

  package let gradient: Part
  package let loss: Part
  package let variable: Variable
  /// Whether the variable is a part of one that the loss depends on, so that the loss may do
  /// without this part: its gradient is 0 then.
  package var mayLackInfluence = false

  package init(gradient: Part, loss: Part, variable: Variable) {
    self.gradient = gradient
    self.loss = loss
    self.variable = variable
  }
}
