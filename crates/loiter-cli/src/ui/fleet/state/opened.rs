//! The target that is open, and how one comes to it.

use loiter_model::{finding::FindingKey, fleet::InstanceId};

use super::{FleetState, FleetView};
use crate::ui::{
    State, UiOptions, View,
    state::{FromFleet, only_site},
    text,
};

/// A target that has the screen, in the UI over one.
pub(in crate::ui::fleet) struct Opened {
    pub(in crate::ui::fleet) state: Box<State>,
}

impl FleetState {
    /// The target that the selected row leads to.
    pub(in crate::ui::fleet) fn selected(&self) -> Option<InstanceId> {
        match self.view {
            FleetView::Targets | FleetView::Picker => self.targets.selected().map(|row| row.id),
            FleetView::Sites => {
                let row = self.sites.selected()?;
                Some(row.site.largest.instance)
            }
            FleetView::Findings => {
                let row = self.findings.selected()?;
                Some(row.finding.largest.instance)
            }
        }
    }

    /// Opens the target that the selected row leads to, at what the row is about. The target's
    /// number; `None` when there is none.
    pub(in crate::ui::fleet) fn open(&mut self) -> Option<InstanceId> {
        let id = self.selected()?;
        let options = &self.options;
        let mut finding = None;
        let options = match self.view {
            FleetView::Targets | FleetView::Picker => options.clone(),
            FleetView::Sites => UiOptions {
                view: View::Tasks,
                filter: only_site(&self.sites.selected()?.site.site),
                ..options.clone()
            },
            FleetView::Findings => {
                finding = Some(self.findings.selected()?.finding.key);
                UiOptions {
                    view: View::Findings,
                    ..options.clone()
                }
            }
        };
        let state = Box::new(self.state_of(id, options, finding));
        self.opened = Some(Opened { state });
        Some(id)
    }

    /// Opens a target.
    pub(in crate::ui::fleet) fn open_target(&mut self, id: InstanceId) {
        let state = Box::new(self.state_of(id, self.options.clone(), None));
        self.opened = Some(Opened { state });
    }

    fn state_of(&self, id: InstanceId, options: UiOptions, finding: Option<FindingKey>) -> State {
        let instance = self.fleet.instance(id);
        let address = instance.map_or("", |instance| instance.address());
        let options = UiOptions {
            endpoint: text::clean(address).into_owned(),
            ..options
        };
        let (width, height) = self.size;
        let mut state = State::new(&options, width, height);
        if let Some(key) = finding {
            state.findings.table.want(key);
        }
        state.fleet = Some(FromFleet {
            filter: state.filter.text().to_owned(),
        });
        state
    }
}
