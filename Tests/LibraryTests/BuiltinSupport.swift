import Networks
import Syntax
import Tensors
import Testing

@testable import Language
@testable import Library

/// Runs builtins without a machine.
final class BuiltinBench: Interpreter {
  var random = RandomState()
  var output = ""

  func call(_ function: Value, _ arguments: [Value]) throws -> Value {
    guard case .function(let function) = function, let builtin = function.builtin else {
      throw RuntimeError.notCallable(kind: function.kindName)
    }
    return try builtin.invoke(arguments, interpreter: self)
  }

  func write(_ text: String) { output += text }

  func global(_ name: String) -> Value? { nil }

  /// Calls the builtin of a name.
  func run(_ name: String, _ arguments: Value..., named: [(String, Value)] = []) throws -> Value {
    let builtin = try #require(Builtin.named(name))
    let names: [String?] = arguments.map { _ in nil } + named.map { $0.0 }
    return try builtin.invoke(arguments + named.map { $0.1 }, names: names, interpreter: self)
  }

  /// What the call throws, worded; nil where it throws nothing.
  func failure(_ name: String, _ arguments: Value..., named: [(String, Value)] = []) -> String? {
    do {
      let builtin = try #require(Builtin.named(name))
      let names: [String?] = arguments.map { _ in nil } + named.map { $0.0 }
      _ = try builtin.invoke(arguments + named.map { $0.1 }, names: names, interpreter: self)
      return nil
    } catch {
      return RuntimeError(error).message
    }
  }
}

extension Value {
  /// A vector f32.
  static func vector(_ numbers: [Double]) throws -> Value {
    .tensor(Box(try Tensor(doubles: numbers, elementType: .f32)))
  }

  /// A matrix f32.
  static func matrix(_ rows: [[Double]]) throws -> Value {
    .tensor(Box(try Tensor.matrix(rows)))
  }

  /// The shape of a tensor; empty for others.
  var dimensions: [Int] {
    if case .tensor(let box) = self { return box.content.shape.dimensions }
    return []
  }

  static func builtin(_ name: String) throws -> Value {
    .function(Function(try #require(Builtin.named(name))))
  }
}

extension Tensor {
  static func matrix(_ rows: [[Double]], _ type: ElementType = .f32) throws -> Tensor {
    try Tensor(
      doubles: rows.flatMap { $0 }, Shape(checking: [rows.count, rows.first?.count ?? 0]),
      elementType: type)
  }
}
