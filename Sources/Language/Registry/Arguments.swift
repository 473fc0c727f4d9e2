import Datasets
import Operations
import Tensors

/// The arguments of one call of a builtin, already in the order of its parameters, defaults filled
/// in and kinds checked; the accessors only unwrap.
package struct Arguments: ~Copyable {
  package let declaration: Declaration
  /// One entry a parameter; a variadic parameter's is the list of what was given.
  package let values: [Value]
  /// Whether a parameter was given, rather than filled in by its default.
  package let given: GivenParameters

  package init(declaration: Declaration, values: [Value], given: GivenParameters) {
    self.declaration = declaration
    self.values = values
    self.given = given
  }

  package subscript(index: Int) -> Value {
    values.indices.contains(index) ? values[index] : .none
  }

  /// Whether the caller gave this argument.
  package func isGiven(_ index: Int) -> Bool {
    given[index]
  }

  /// The error for an argument that does not fit, naming the parameter.
  package func mismatch(_ index: Int, expected: String) -> RuntimeError {
    let name =
      declaration.parameters.indices.contains(index)
      ? declaration.parameters[index].name : "\(index + 1)"
    return .argumentKind(
      function: declaration.name, parameter: name, expected: expected, got: self[index].kindPhrase,
      usage: declaration.signature)
  }

  /// A tensor; a number becomes one of zero dimensions, a list of numbers one of one dimension.
  package func tensor(_ index: Int) throws -> Tensor {
    guard let tensor = try self[index].asTensor() else {
      throw mismatch(index, expected: "a tensor")
    }
    return tensor
  }

  /// The same as `tensor`, keeping what is being traced.
  package func variable(_ index: Int) throws -> Variable {
    if case .traced(let box) = self[index] { return box.content }
    return Variable(try tensor(index))
  }

  /// A number.
  package func number(_ index: Int) throws -> Double {
    guard let number = self[index].asNumber() else { throw mismatch(index, expected: "a number") }
    return number
  }

  /// A number without a fraction that fits an `Int`.
  package func integer(_ index: Int) throws -> Int {
    guard let integer = Int(exactly: try number(index)) else {
      throw mismatch(index, expected: "a whole number")
    }
    return integer
  }

  /// `true` or `false`.
  package func bool(_ index: Int) throws -> Bool {
    guard case .bool(let value) = self[index] else {
      throw mismatch(index, expected: "true or false")
    }
    return value
  }

  /// A string.
  package func string(_ index: Int) throws -> String {
    guard case .string(let box) = self[index] else { throw mismatch(index, expected: "a string") }
    return box.content
  }

  /// The values of a list; of a variadic parameter, what was given.
  package func list(_ index: Int) throws -> [Value] {
    guard case .list(let box) = self[index] else { throw mismatch(index, expected: "a list") }
    return box.content
  }

  /// Axes: `none` for all, a number, or a list or tensor of numbers.
  package func axes(_ index: Int) throws -> [Int]? {
    if case .none = self[index] { return nil }
    return try integers(index)
  }

  /// Whole numbers given as one number, a list, a tensor of one dimension or a range.
  package func integers(_ index: Int) throws -> [Int] {
    guard let numbers = try self[index].asNumbers() else {
      throw mismatch(index, expected: "whole numbers")
    }
    let integers = numbers.compactMap { Int(exactly: $0) }
    guard integers.count == numbers.count else { throw mismatch(index, expected: "whole numbers") }
    return integers
  }
}
