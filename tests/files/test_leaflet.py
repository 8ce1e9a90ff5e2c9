from riskindex.files.leaflet import leaflet_script, leaflet_styles


def test_leaflet_comes_from_an_installed_package_with_its_notice():
    script = leaflet_script()
    assert "Leaflet" in script[:500]
    assert len(script) > 50_000


def test_nothing_in_it_asks_a_network():
    for text in (leaflet_script(), leaflet_styles()):
        assert "sourceMappingURL" not in text
    assert "@import" not in leaflet_styles()
    assert "url(http" not in leaflet_styles()
