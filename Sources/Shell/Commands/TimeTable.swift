import Console
import Tensors

/// What `time` tells below the time itself.
enum TimeTable {
  /// A line for each kind of operation that took a thousandth of the time or more, and one for the
  /// rest; none where the kernels had next to nothing to do.
  static func lines(of entries: [Profile.Entry], seconds: Double) -> [String] {
    let told = entries.filter { $0.seconds >= seconds / 1000 && $0.seconds >= 1e-6 }
    if told.isEmpty { return [] }
    let peak = told.contains { $0.work > 0 } ? Profile.peak() : 0
    var rows = told.map { entry -> [String] in
      let rate = entry.work / entry.seconds
      let hasRate = entry.work > 0 && peak > 0
      return [
        entry.operation, "\(entry.calls)×", NumberForm.duration(entry.seconds),
        hasRate ? "\(NumberForm.fixed(rate / 1e9, rate < 1e10 ? 2 : 0)) GFLOP/s" : "",
        hasRate ? "\(NumberForm.fixed(100 * rate / peak, 0)) % of peak" : "",
      ]
    }
    let rest = seconds - told.reduce(0) { $0 + $1.seconds }
    rows.append(["all else", "", NumberForm.duration(max(0, rest)), "", ""])
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = "  " + row[0] + String(repeating: " ", count: widths[0] - row[0].count)
      for column in 1..<5 where widths[column] > 0 {
        line +=
          "  " + String(repeating: " ", count: widths[column] - row[column].count)
          + row[column]
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
