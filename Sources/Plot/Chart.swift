import Syntax

/// Curves to be drawn: in the terminal by `Chart+Terminal.swift`, to a file by `Gnuplot.swift`.
package struct Chart: Sendable {
  /// One curve: points in the order they are joined; a NaN interrupts it.
  package struct Curve: Sendable {
    package let name: String
    package let x: [Double]
    package let y: [Double]

    /// - Parameters:
    ///   - name: what the legend calls it; empty for none.
    ///   - x: as many as there are in `y`; 0, 1, … where left out.
    ///   - y: the values.
    package init(_ name: String, x: [Double]? = nil, y: [Double]) {
      self.name = ShownName.cleaned(name)
      self.x = x ?? y.indices.map(Double.init)
      self.y = y
    }

    /// The points that can be drawn, in runs without a gap.
    var runs: [[(x: Double, y: Double)]] {
      var runs: [[(x: Double, y: Double)]] = [[]]
      for (x, y) in zip(x, y) {
        if x.isFinite, y.isFinite {
          runs[runs.count - 1].append((x, y))
        } else if runs.last?.isEmpty == false {
          runs.append([])
        }
      }
      return runs.filter { !$0.isEmpty }
    }
  }

  /// One pair of axes.
  package struct Panel: Sendable {
    package var title: String
    package var xLabel: String
    package var yLabel: String
    package var curves: [Curve]

    package init(title: String = "", xLabel: String = "", yLabel: String = "", curves: [Curve]) {
      self.title = ShownName.cleaned(title)
      self.xLabel = ShownName.cleaned(xLabel)
      self.yLabel = ShownName.cleaned(yLabel)
      self.curves = curves
    }

    /// Whether there is a point to draw.
    package var isEmpty: Bool { curves.allSatisfy { $0.runs.isEmpty } }
  }

  package var title: String
  package var panels: [Panel]

  package init(title: String = "", panels: [Panel]) {
    self.title = ShownName.cleaned(title)
    self.panels = panels
  }
}
