import Datasets
import Networks
import Operations
import Tensors

/// Anything an expression can give.
///
/// One word of payload: what is larger lies in a `Box`, shared until written to. All kinds are
/// values to the people who use them: a write goes through `Box.makeUnique`, so `b = a` never
/// aliases. A tensor of zero dimensions is always held as a `number`.
package enum Value: Sendable {
  case none
  case bool(Bool)
  case number(Double)
  case string(TextBox)
  case tensor(Box<Tensor>)
  case list(ListBox)
  case record(RecordBox)
  case table(Box<DataTable>)
  case range(Box<NumberRange>)
  case function(Function)
  case network(Box<NetworkValue>)
  case optimizer(Box<Optimizer>)
  case schedule(Box<Schedule>)
  case dataSet(Box<DataSet>)
  case split(Box<Split>)
  /// A number or tensor while it is being differentiated; never visible outside the `grad` that made it.
  case traced(Box<Variable>)
}

/// A reference-counted holder of one value, so that `Value` stays small.
package final class Box<Content>: @unchecked Sendable {
  // Unchecked: a box is written to only while uniquely referenced, or by the one machine thread.
  package var content: Content

  package init(_ content: Content) {
    self.content = content
  }

  deinit {
    DeferredRelease.keepWhereStackIsLow(content)
  }
}

/// `a..<b`, `a...b`, `a...b by step`.
package struct NumberRange: Sendable, Equatable {
  package let lower: Double
  package let upper: Double
  package let step: Double
  package let isInclusive: Bool

  package init(lower: Double, upper: Double, step: Double = 1, isInclusive: Bool) {
    self.lower = lower
    self.upper = upper
    self.step = step
    self.isInclusive = isInclusive
  }

  /// How many numbers it runs through: a whole number, or infinity where it has no end.
  package var exactCount: Double {
    let steps = (upper - lower) / step
    guard steps >= 0 else { return 0 }
    // A step such as 0.1 must still reach an inclusive end that it misses by rounding only.
    let slack = 1e-9 * min(1, steps)
    return isInclusive ? (steps + slack).rounded(.down) + 1 : (steps - slack).rounded(.up)
  }

  /// The same as a number of elements; the greatest `Int` where there are more.
  package var count: Int { Int(exactly: exactCount) ?? .max }

  /// The place of a number among those that it runs through; nil where it is none of them.
  package func index(of number: Double) -> Double? {
    let place = ((number - lower) / step).rounded()
    guard place >= 0, place < exactCount, lower + place * step == number else { return nil }
    return place
  }

  /// The number at a place, counted from 0.
  package subscript(index: Int) -> Double { lower + Double(index) * step }
}

/// A network as a value, with its parameters traced while a `grad … wrt net` is being evaluated.
package struct NetworkValue: Sendable {
  package var network: Network
  /// The parameters in layer order, in place of the network's own, during differentiation.
  package var tracedParameters: [Variable]?

  /// The layers at some positions, with their parameters as they are traced.
  func part(_ positions: [Int]) -> NetworkValue {
    var parts: [Range<Int>] = []
    for layer in network.layers {
      let start = parts.last?.upperBound ?? 0
      parts.append(start..<start + layer.parameterCount)
    }
    let traced = tracedParameters.map { traced in positions.flatMap { traced[parts[$0]] } }
    return NetworkValue(network.part(positions), tracedParameters: traced)
  }

  package init(_ network: Network, tracedParameters: [Variable]? = nil) {
    self.network = network
    self.tracedParameters = tracedParameters
  }
}
