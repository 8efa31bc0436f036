//! Temperature: thermal zones, else hardware monitors (Documentation/driver-api/thermal, hwmon).

use std::path::Path;

/// The hottest reading of the host in °C; `None` where it has no sensor, as on most virtual machines.
pub fn hottest(sys: &Path) -> Option<f64> {
    let zones = readings(&sys.join("class/thermal"), "thermal_zone", |file| file == "temp");
    let monitors = || readings(&sys.join("class/hwmon"), "hwmon", |file| file.starts_with("temp") && file.ends_with("_input"));
    zones.or_else(monitors)
}

fn readings(class: &Path, prefix: &str, wanted: impl Fn(&str) -> bool) -> Option<f64> {
    let devices = class.read_dir().ok()?.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    let files = devices.filter_map(|device| device.path().read_dir().ok()).flatten().flatten();
    files
        .filter(|file| wanted(&file.file_name().to_string_lossy()))
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .filter_map(|text| celsius(&text))
        .reduce(f64::max)
}

/// Sensors give thousandths of a degree; what no processor survives is a broken sensor.
fn celsius(text: &str) -> Option<f64> {
    let degrees = text.trim().parse::<i64>().ok()? as f64 / 1000.0;
    (-50.0..=150.0).contains(&degrees).then_some(degrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hottest_zone_wins_and_monitors_stand_in() {
        let sys = tempfile::tempdir().unwrap();
        assert_eq!(hottest(sys.path()), None);
        let monitor = sys.path().join("class/hwmon/hwmon0");
        std::fs::create_dir_all(&monitor).unwrap();
        std::fs::write(monitor.join("temp1_input"), "51000\n").unwrap();
        std::fs::write(monitor.join("fan1_input"), "99000\n").unwrap();
        assert_eq!(hottest(sys.path()), Some(51.0));
        for (zone, text) in
            [("thermal_zone0", "42500\n"), ("thermal_zone1", "47000\n"), ("cooling_device0", "90000\n"), ("thermal_zone2", "999000\n")]
        {
            let zone = sys.path().join("class/thermal").join(zone);
            std::fs::create_dir_all(&zone).unwrap();
            std::fs::write(zone.join("temp"), text).unwrap();
        }
        assert_eq!(hottest(sys.path()), Some(47.0));
    }
}
