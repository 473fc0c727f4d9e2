import Datasets
import Networks
import Tensors

/// How networks are shown: as the code that makes them, and how much they learn.
enum NetworkDisplay {
  /// `dense(784, 10) |> softmax   7850 parameters`
  static func summary(_ network: Network) -> String {
    let count = network.parameterCount
    let parameters =
      network.isResolved
      ? "\(count) parameter\(count == 1 ? "" : "s")" : "inputs not known yet"
    return "\(network.description)   \(parameters)"
  }
}

/// How data sets and their parts are shown: on one line.
enum DataDisplay {
  static func summary(_ dataSet: DataSet) -> String { dataSet.summary }

  /// `10000 examples   x 10000×784 · y 10000×10`
  static func summary(_ split: Split) -> String {
    "\(split.count) example\(split.count == 1 ? "" : "s")   x \(split.x.shape) · y \(split.y.shape)"
  }
}
