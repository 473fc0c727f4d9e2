import Syntax

/// Curves to be drawn: in the terminal by `Chart+Terminal.swift`, to a file by `Gnuplot.swift`.
package struct Chart: Sendable {
  /// How the points of a curve are drawn.
  package enum Style: Sendable, Equatable {
    /// Joined in their order; a NaN interrupts the line.
    case line
    case dots
    /// From 0 up or down, each so many units of the x axis wide.
    case bars(width: Double)
  }

  /// One curve: points in the order they are joined.
  package struct Curve: Sendable {
    package let name: String
    package let x: [Double]
    package let y: [Double]
    package let style: Style

    /// - Parameters:
    ///   - name: what the legend calls it; empty for none.
    ///   - x: as many as there are in `y`; 0, 1, … where left out.
    ///   - y: the values.
    package init(_ name: String, x: [Double]? = nil, y: [Double], style: Style = .line) {
      self.name = ShownName.cleaned(name)
      self.x = x ?? y.indices.map(Double.init)
      self.y = y
      self.style = style
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

    /// What the x axis must cover: of bars, their whole width.
    var extent: [Double] {
      guard case .bars(let width) = style, let least = x.min(), let greatest = x.max() else {
        return x
      }
      // With a little room at either side.
      return [least - width * 0.6, greatest + width * 0.6]
    }

    /// What the y axis must cover: of bars, also 0.
    var heights: [Double] {
      if case .bars = style { return y + [0] }
      return y
    }
  }

  /// How numbers lie along an axis.
  package struct Scale: Sendable {
    /// From where to where it goes; nil for what the values need.
    package var limits: ClosedRange<Double>?
    package var isLogarithmic: Bool

    package init(limits: ClosedRange<Double>? = nil, isLogarithmic: Bool = false) {
      self.limits = limits
      self.isLogarithmic = isLogarithmic
    }
  }

  /// One pair of axes.
  package struct Panel: Sendable {
    package var title: String
    package var xLabel: String
    package var yLabel: String
    package var curves: [Curve]
    package var x = Scale()
    package var y = Scale()
    /// What stands below 0, 1, … of the x axis, in place of numbers.
    package var categories: [String]
    /// A matrix as a picture, in place of curves.
    package var heat: HeatMap?

    package init(
      title: String = "", xLabel: String = "", yLabel: String = "", curves: [Curve],
      x: Scale = Scale(), y: Scale = Scale(), categories: [String] = [], heat: HeatMap? = nil
    ) {
      self.title = ShownName.cleaned(title)
      self.xLabel = ShownName.cleaned(xLabel)
      self.yLabel = ShownName.cleaned(yLabel)
      self.curves = curves
      self.x = x
      self.y = y
      self.categories = categories.map(ShownName.cleaned)
      self.heat = heat
    }

    /// Whether there is a point to draw.
    package var isEmpty: Bool { heat == nil && curves.allSatisfy { $0.runs.isEmpty } }

    /// Whether bars are among the curves.
    var hasBars: Bool { curves.contains { if case .bars = $0.style { true } else { false } } }

    /// The axis below.
    func horizontalAxis(aimingAt count: Int) -> Axis {
      Axis(
        covering: curves.flatMap(\.extent), aimingAt: count, padded: false, wholeTicks: true, x)
    }

    /// The axis at the left.
    func verticalAxis(aimingAt count: Int) -> Axis {
      Axis(covering: curves.flatMap(\.heights), aimingAt: count, padded: true, y)
    }
  }

  package var title: String
  package var panels: [Panel]
  /// The picture's width and height: in pixels of a file, in columns and rows of a terminal. Nil for
  /// the usual ones.
  package var size: (width: Int, height: Int)?

  package init(title: String = "", panels: [Panel], size: (width: Int, height: Int)? = nil) {
    self.title = ShownName.cleaned(title)
    self.panels = panels
    self.size = size
  }
}
