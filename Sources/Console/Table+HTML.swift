extension Table {
  /// The table for pages and notebooks, none of its cells cut.
  ///
  /// - Parameter subheaders: what stands under the headers, one for each column; empty for none.
  package func html(subheaders: [String] = []) -> String {
    let heads = [headers, subheaders].filter { !$0.allSatisfy(\.isEmpty) }
    let head = heads.map { row($0, of: "th") }.joined()
    return "<table>" + (head.isEmpty ? "" : "<thead>\(head)</thead>")
      + "<tbody>\(rows.map { row($0, of: "td") }.joined())</tbody></table>"
  }

  /// The table as what is also shown in lines.
  package var richForm: RichForm { RichForm(html: html()) }

  /// The sides stand at each cell: a notebook has rules of its own for all tables.
  private func row(_ cells: [String], of element: String) -> String {
    let parts = zip(cells, alignments).map { cell, alignment in
      let side = alignment == .right ? "right" : "left"
      return "<\(element) style=\"text-align:\(side)\">\(Markup.escaped(cell))</\(element)>"
    }
    return "<tr>\(parts.joined())</tr>"
  }
}
