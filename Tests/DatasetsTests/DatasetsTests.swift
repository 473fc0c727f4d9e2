import Testing

@Suite struct DatasetsTests {}
